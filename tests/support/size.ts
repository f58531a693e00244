/** Returns `sample` in `npm test`, and `full` in `npm run test:soak`. */
export const sized = (sample: number, full: number): number =>
  process.env['SOAK'] === '1' ? full : sample

/**
 * The seed of the random choices in large proofs. It is fixed in `npm test`, so that a failure repeats. A soak run chooses
 * another one and prints it: `SEED=<seed> npm run test:soak` makes the same choices.
 */
export const seed = Number(process.env['SEED'] || 1)
