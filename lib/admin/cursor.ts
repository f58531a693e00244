import { createHash } from 'node:crypto'
import { Problem } from '../http/problem.ts'

/** Where a list goes on. */
interface Place {
  readonly id: string
  readonly at: number
}

/** Which list a cursor is of, so that it is not taken for a place in another one. */
const listOf = (filter: object) =>
  createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 12)

/** Opaque to whoever gets it. */
export const toCursor = ({ id, at }: Place, filter: object): string =>
  Buffer.from(JSON.stringify([listOf(filter), id, at])).toString('base64url')

/** @throws Problem `INVALID_REQUEST` for what is no cursor, or one of another list */
export function fromCursor(cursor: string, filter: object): Place {
  const [list, id, at] = parsed(cursor)
  const isPlace = typeof id === 'string' && id.length < 256 && Number.isSafeInteger(at)
  if (list === listOf(filter) && isPlace) return { id, at: at as number }
  throw new Problem('INVALID_REQUEST', {
    fields: [{ path: 'cursor', message: 'must be the cursor of this very list' }],
  })
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
