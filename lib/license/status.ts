import { evaluate, type LicenseState } from './evaluate.ts'
import type { LicenseFacts } from './license.ts'

/** A state, with trials told from what was paid for. */
export type Status = LicenseState | 'trial'

/** How a license stands from a moment on, in milliseconds since the epoch, up to the next phase. */
export interface Phase {
  readonly from: number
  readonly standing: Status
}

/** @param now milliseconds since the epoch */
export function statusAt(facts: LicenseFacts, now: number): Status {
  const { state, trial } = evaluate(facts, now)
  return trial ? 'trial' : state
}

/**
 * All that time alone makes of a license, from the epoch on: how `evaluate` judges it at every moment, as long as nothing
 * about it changes. It can only judge otherwise after one of the moments that the facts name.
 */
export function toPhases(facts: LicenseFacts): readonly Phase[] {
  const { paidUntil, graceUntil, cancelAt } = facts.billing
  const turns = [paidUntil, graceUntil, cancelAt, facts.extendedUntil]
    .filter((end) => end !== null && end !== undefined)
    .map((end) => Math.floor(end) + 1)
    .filter((turn) => turn > 0)
    .toSorted((a, b) => a - b)
  return [0, ...turns]
    .map((from) => ({ from, standing: statusAt(facts, from) }))
    .filter(({ standing }, index, all) => standing !== all[index - 1]?.standing)
}
