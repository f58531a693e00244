/**
 * Reads Stripe's objects, whose shape depends on the API version and which may say anything: nothing here throws,
 * and what is not as expected says nothing.
 */

/** What a path leads to. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let here = value
  for (const name of path) {
    here = typeof here === 'object' && here !== null ? Reflect.get(here, name) : undefined
  }
  return here
}

/** A list, plain or as Stripe pages it. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  const list = Array.isArray(found) ? found : valueAt(found, 'data')
  return Array.isArray(list) ? list : []
}

/** What can be an id, and is kept under it. Vendors may choose those of plans and customers themselves. */
export const ID = /^[\x21-\x7e]{1,255}$/

/** What every object inherits cannot be the name of anything that is kept. */
const isNameable = (text: string) => text !== '__proto__'

/** The id of an object: payloads carry ids, objects that were fetched with `expand` carry the whole. */
export function idAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path)
  const id = typeof found === 'object' ? valueAt(found, 'id') : found
  return typeof id === 'string' && ID.test(id) && isNameable(id) ? id : null
}

/** Stripe's own longest metadata value is 500 characters. */
const MAX_TEXT = 500

export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const text = valueAt(value, ...path)
  const good =
    typeof text === 'string' && text !== '' && text.length <= MAX_TEXT && text.isWellFormed()
  return good && isNameable(text) ? text : null
}

/** RFC 5321 section 4.5.3.1.3, without the brackets. What is longer has no mailbox, and no place in an index. */
const MAX_EMAIL = 254

export function emailAt(value: unknown, ...path: readonly string[]): string | null {
  const email = textAt(value, ...path)
  return email !== null && email.length <= MAX_EMAIL ? email : null
}

export function countAt(value: unknown, ...path: readonly string[]): number | null {
  const count = valueAt(value, ...path)
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
}

/** A number, also where it is written as a text; NaN for what is neither. An object could make it anything, or throw. */
export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  return typeof found === 'object' && found !== null ? Number.NaN : Number(found)
}

/** As long as any word of Stripe's. */
const MAX_WORD = 40

/** How a value that nobody knows is told of, to whoever asks why an event changed nothing. */
export const describeValue = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'of many parts' : `${value}`.slice(0, MAX_WORD)

/** A moment, in milliseconds since the epoch; Stripe counts seconds. */
export function timestampAt(value: unknown, ...path: readonly string[]): number | null {
  const seconds = countAt(value, ...path)
  return seconds === null ? null : seconds * 1000
}

/** Longer ones are no user ids, and those that Stripe makes are put there by mistake. */
const MAX_USER_ID = 128
const STRIPE_ID = /^(cus|sub|cs|pi|in|ch|evt|acct|price|prod)_/

/** Whom the vendor's server named. What cannot be one of its users names nobody. */
export function userAt(value: unknown, ...path: readonly string[]): string | null {
  const user = textAt(value, ...path)
  return user !== null && user.length <= MAX_USER_ID && !STRIPE_ID.test(user) ? user : null
}

/** The first that says something. */
export function firstKnown<T>(...values: readonly (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null
}
