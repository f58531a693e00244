/** Splits rows into requests that the API accepts. */

const MAX_ROWS = 100
/** Below the 64 KiB limit for a body, with room for the fields around the rows. */
const MAX_BYTES = 60_000

export function splitIntoBatches<T extends object>(rows: readonly T[]): readonly (readonly T[])[] {
  const encoder = new TextEncoder()
  const batches: T[][] = []
  let batch: T[] = []
  let bytes = 0
  for (const row of rows) {
    const size = encoder.encode(JSON.stringify(row)).length + 1
    if (batch.length > 0 && (batch.length === MAX_ROWS || bytes + size > MAX_BYTES)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(row)
    bytes += size
  }
  return batch.length > 0 ? [...batches, batch] : batches
}
