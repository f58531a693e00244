/**
 * Reads fields of Stripe's objects, whose shape depends on the API version. Nothing here throws: a field of an
 * unexpected type counts as absent.
 */

export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined
  }
  return found
}

/** Reads a list, plain or as a page of Stripe's (`{ data: […] }`). */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  const list = Array.isArray(found) ? found : valueAt(found, 'data')
  return Array.isArray(list) ? list : []
}

/** Ids that are accepted as part of a key. Vendors can choose the ids of plans and customers themselves. */
export const ID = /^[\x21-\x7e]{1,255}$/

/** Values become property names, and this one would set the prototype. */
const isPropertyName = (text: string) => text !== '__proto__'

/** Reads the id of an object that is referenced by id or expanded. */
export function idAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path)
  const id = typeof found === 'object' ? valueAt(found, 'id') : found
  return typeof id === 'string' && ID.test(id) && isPropertyName(id) ? id : null
}

/** Stripe's limit for metadata values. */
const MAX_TEXT = 500

export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const text = valueAt(value, ...path)
  const isValid =
    typeof text === 'string' && text !== '' && text.length <= MAX_TEXT && text.isWellFormed()
  return isValid && isPropertyName(text) ? text : null
}

/** RFC 5321 section 4.5.3.1.3, without the angle brackets. Longer addresses would not fit into an index. */
const MAX_EMAIL = 254

export function emailAt(value: unknown, ...path: readonly string[]): string | null {
  const email = textAt(value, ...path)
  return email !== null && email.length <= MAX_EMAIL ? email : null
}

export function countAt(value: unknown, ...path: readonly string[]): number | null {
  const count = valueAt(value, ...path)
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
}

/** Reads a number, also if it is a string. Returns NaN for objects, whose conversion could throw. */
export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  return typeof found === 'object' && found !== null ? Number.NaN : Number(found)
}

/** No enum value of Stripe's is longer. */
const MAX_DESCRIPTION = 40

/** Formats an unknown value for the reason of an ignored event. */
export const describeValue = (value: unknown): string =>
  typeof value === 'object' && value !== null ? '(object)' : `${value}`.slice(0, MAX_DESCRIPTION)

/** Reads a time, in milliseconds since the epoch. Stripe's times are in seconds. */
export function timestampAt(value: unknown, ...path: readonly string[]): number | null {
  const seconds = countAt(value, ...path)
  return seconds === null ? null : seconds * 1000
}

const MAX_USER_ID = 128
/** Ids of Stripe's own, which a vendor's server may have set by mistake. */
const STRIPE_ID = /^(cus|sub|cs|pi|in|ch|evt|acct|price|prod)_/

/** Reads the user id that the vendor's server set. Returns null for implausible ids. */
export function userAt(value: unknown, ...path: readonly string[]): string | null {
  const user = textAt(value, ...path)
  return user !== null && user.length <= MAX_USER_ID && !STRIPE_ID.test(user) ? user : null
}

/** Returns the first value that is not null. */
export function firstKnown<T>(...values: readonly (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null
}
