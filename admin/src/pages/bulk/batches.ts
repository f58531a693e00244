/** In which parts many rows are sent: no more than a request may hold, in number and in bytes. */

const MAX_ROWS = 100
/** Somewhat below the 64 KiB that a body may have. */
const MAX_BYTES = 60_000

export function splitIntoBatches<T extends object>(rows: readonly T[]): readonly (readonly T[])[] {
  const encoder = new TextEncoder()
  const parts: T[][] = []
  let part: T[] = []
  let bytes = 0
  for (const row of rows) {
    const size = encoder.encode(JSON.stringify(row)).length + 1
    if (part.length > 0 && (part.length === MAX_ROWS || bytes + size > MAX_BYTES)) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(row)
    bytes += size
  }
  return part.length > 0 ? [...parts, part] : parts
}
