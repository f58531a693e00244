import { createHash } from 'node:crypto'
import { Problem } from '../http/problem.ts'

/** Where a list goes on. */
interface Place {
  readonly id: string
  /** What the list is sorted by: a moment, or a text. */
  readonly at: number | string
  /** Which of its parts, of a list that is put together. */
  readonly part?: number
}

/** Which list a cursor is of, so that it is not taken for a place in another one. */
const listOf = (filter: object) =>
  createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 12)

/** Opaque to whoever gets it. */
export const encodeCursor = ({ id, at, part }: Place, filter: object): string =>
  Buffer.from(JSON.stringify([listOf(filter), id, at, part])).toString('base64url')

export const invalidCursor = () =>
  new Problem('INVALID_REQUEST', {
    fields: [{ path: 'cursor', message: 'must be the cursor of this very list' }],
  })

/**
 * A place in a list that is sorted by moments.
 *
 * @throws Problem `INVALID_REQUEST` for what is no cursor, or one of another list
 */
export function decodeCursor(cursor: string, filter: object): Place & { readonly at: number } {
  const { at, ...place } = decodeAnyCursor(cursor, filter)
  if (typeof at === 'number') return { ...place, at }
  throw invalidCursor()
}

/** The same, in a list that may be sorted by texts. */
export function decodeAnyCursor(cursor: string, filter: object): Place {
  const [list, id, at, part] = parsed(cursor)
  const isId = typeof id === 'string' && id.length < 256
  const isPart = typeof part === 'number' && [0, 1].includes(part)
  if (list !== listOf(filter) || !isId || !(Number.isSafeInteger(at) || typeof at === 'string')) {
    throw invalidCursor()
  }
  return { id, at: at as number | string, ...(isPart && { part }) }
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
