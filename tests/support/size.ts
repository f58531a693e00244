/** Returns `sample` in `npm test`, and `full` in `npm run test:soak`. */
export const sized = (sample: number, full: number): number =>
  process.env['SOAK'] === '1' ? full : sample

/**
 * Seed of random choices in property tests. It is constant in `npm test`, so that failures are reproducible. A soak run
 * prints its random seed: `SEED=<seed> npm run test:soak` repeats it.
 */
export const seed = Number(process.env['SEED'] || 1)
