import { randomInt } from 'node:crypto'

const isSoak = process.env['SOAK'] === '1'

/** Returns `sample` in `npm test`, and `full` in `npm run test:soak`. */
export const sized = (sample: number, full: number): number => (isSoak ? full : sample)

const chosen = process.env['SEED'] || undefined

/**
 * The seed of every random choice in large proofs: fixed in `npm test`, so that a failure repeats, and different in
 * each soak run. A test that fails prints it; `SEED=<seed>` runs the same choices again.
 */
export const seed: number =
  chosen === undefined ? (isSoak ? randomInt(2 ** 31) : 1) : Number(chosen)
