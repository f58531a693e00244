/**
 * Merges of two statements about one object. Each is the greater of two by a total order, or a union, so events may
 * arrive in any order and any number of times with the same result.
 */

import { stringify } from 'safe-stable-stringify'

/** Returns the value with the greater rank, compared number by number. Equal ranks are ordered by their canonical text. */
export function greater<T>(a: T, b: T, rank: (value: T) => readonly number[]): T {
  const difference = compare(rank(a), rank(b))
  if (difference !== 0) return difference > 0 ? a : b
  return canonicalText(a) >= canonicalText(b) ? a : b
}

export function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((number, position) => number !== b[position])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

/** Formats a value as JSON with sorted keys. */
export const canonicalText = (value: unknown) => stringify(value) ?? ''

export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

export function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort()
}

export type ById<T> = Readonly<Record<string, T>>

/** Merges the values of each id. The result is sorted by id, so that it does not depend on the order of arrival. */
export function mergeById<T>(a: ById<T>, b: ById<T>, merge: (a: T, b: T) => T): ById<T> {
  const merged = new Map(Object.entries(a))
  for (const [id, value] of Object.entries(b)) {
    const known = merged.get(id)
    merged.set(id, known === undefined ? value : merge(known, value))
  }
  return Object.fromEntries([...merged].sort(([x], [y]) => (x < y ? -1 : 1)))
}

/** A record of values, each with the time when Stripe last stated it, in milliseconds since the epoch. */
export type LastStated = ById<number>

/** Lists values from the one stated last to the one stated first. */
export const newestFirst = (values: LastStated): readonly string[] =>
  Object.entries(values)
    .sort(([a, atA], [b, atB]) => atB - atA || (a < b ? -1 : 1))
    .map(([value]) => value)

/** A value with the time when Stripe stated it, in milliseconds since the epoch. */
export interface Dated<T> {
  readonly at: number
  readonly value: T
}

export function newer<T>(a: Dated<T> | null, b: Dated<T> | null): Dated<T> | null {
  return a === null || b === null ? (a ?? b) : greater(a, b, ({ at }) => [at])
}

export const dated = <T>(at: number, value: T | null): Dated<T> | null =>
  value === null ? null : { at, value }
