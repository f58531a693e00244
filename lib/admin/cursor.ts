import { createHash } from 'node:crypto'
import { Problem } from '../http/problem.ts'

/** The position after which a list continues. */
interface CursorPosition {
  readonly id: string
  /** The sort key: a time or a text. */
  readonly at: number | string
  /** The index of the part, in a list that is joined from several. */
  readonly part?: number
}

/** Identifies the list of a cursor, so that other lists reject it. */
const hashFilter = (filter: object) =>
  createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 12)

/** Encodes a position as a text that is opaque to callers. */
export const encodeCursor = ({ id, at, part }: CursorPosition, filter: object): string =>
  Buffer.from(JSON.stringify([hashFilter(filter), id, at, part])).toString('base64url')

/** Returns the cursor after the last item, or nothing if the page is not full. */
export function cursorAfter<Item>(
  items: readonly Item[],
  limit: number,
  toPosition: (item: Item) => CursorPosition,
  filter: object,
): { readonly cursor?: string } {
  const last = items.length === limit ? items.at(-1) : undefined
  return last ? { cursor: encodeCursor(toPosition(last), filter) } : {}
}

export const invalidCursor = () =>
  new Problem('INVALID_REQUEST', {
    fields: [{ path: 'cursor', message: 'must be a cursor of the same list' }],
  })

/**
 * Decodes the cursor of a list that is sorted by time.
 *
 * @throws Problem `INVALID_REQUEST` if it is malformed or belongs to another list
 */
export function decodeCursor(
  cursor: string,
  filter: object,
): CursorPosition & { readonly at: number } {
  const { at, ...position } = decodeAnyCursor(cursor, filter)
  if (typeof at === 'number') return { ...position, at }
  throw invalidCursor()
}

/**
 * Decodes the cursor of a list that is sorted by time or text.
 *
 * @throws Problem `INVALID_REQUEST` if it is malformed or belongs to another list
 */
export function decodeAnyCursor(cursor: string, filter: object): CursorPosition {
  const [list, id, at, part] = parseArray(cursor)
  const isId = typeof id === 'string' && id.length < 256
  const isPart = typeof part === 'number' && [0, 1].includes(part)
  if (
    list !== hashFilter(filter) ||
    !isId ||
    !(Number.isSafeInteger(at) || typeof at === 'string')
  ) {
    throw invalidCursor()
  }
  return { id, at: at as number | string, ...(isPart && { part }) }
}

function parseArray(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
