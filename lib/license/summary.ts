/**
 * How many licenses stand how, without looking at them. Each is counted when it changes, with all that time is going to make of
 * it: as what it is to begin with, and from every later phase on as something else. What was counted up to a moment, added
 * up, is how all of them stand then.
 */

import { ALWAYS, dayOf, issuedAround, type Place, placesOf } from './calendar.ts'
import type { LicenseId } from './key.ts'
import type { License } from './license.ts'
import { type Phase, phasesOf, type Standing } from './phase.ts'

/** What is counted of a license, and taken back when it changes. */
export interface Counted {
  readonly licenseId: LicenseId
  /** Of the license that it was counted of. */
  readonly version: number
  readonly tier: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly phases: readonly Phase[]
}

export const countedOf = ({ id, version, tier, createdAt, facts }: License): Counted => ({
  licenseId: id,
  version,
  tier,
  createdAt,
  phases: phasesOf(facts),
})

/** What is counted in a place: how many licenses of a tier stand how, or were issued on a day. */
export type Counters = ReadonlyMap<string, number>

const counterOf = (standing: Standing, tier: string) => `${standing}:${tier}`

/** How many licenses of a tier stand how. */
export interface Stand {
  readonly standing: Standing
  readonly tier: string
  readonly licenses: number
}

export const standsIn = (counters: Counters): readonly Stand[] =>
  [...counters].map(([name, licenses]) => {
    const [standing, ...tier] = name.split(':') as [Standing, ...string[]]
    return { standing, tier: tier.join(':'), licenses }
  })

/** What changes in which place when a license is counted that was counted before, or not yet. */
export function changeOf(
  before: Counted | undefined,
  after: Counted,
): ReadonlyMap<Place, Counters> {
  const changes = new Map<Place, Map<string, number>>()
  if (before) post(changes, before, -1)
  post(changes, after, 1)
  return withoutNothing(changes)
}

type Changes = Map<Place, Map<string, number>>

function post(changes: Changes, { tier, createdAt, phases }: Counted, by: number): void {
  const day = dayOf(createdAt)
  add(changes, issuedAround(day), day, by)
  let before: Phase | undefined
  for (const phase of phases) {
    for (const place of before ? placesOf(phase.from) : [ALWAYS]) {
      if (before) add(changes, place, counterOf(before.standing, tier), -by)
      add(changes, place, counterOf(phase.standing, tier), by)
    }
    before = phase
  }
}

function add(changes: Changes, place: Place, name: string, by: number): void {
  const counters = changes.get(place) ?? new Map<string, number>()
  changes.set(place, counters)
  counters.set(name, (counters.get(name) ?? 0) + by)
}

/** All changes as one. */
export function joined(all: Iterable<ReadonlyMap<Place, Counters>>): ReadonlyMap<Place, Counters> {
  const changes: Changes = new Map()
  for (const one of all) {
    for (const [place, counters] of one) {
      for (const [name, by] of counters) add(changes, place, name, by)
    }
  }
  return withoutNothing(changes)
}

const withoutNothing = (changes: Changes): ReadonlyMap<Place, Counters> =>
  new Map(
    [...changes]
      .map(
        ([place, counters]) =>
          [place, new Map([...counters].filter(([, by]) => by !== 0))] as const,
      )
      .filter(([, counters]) => counters.size > 0),
  )
