import { evaluate, type LicenseState } from './evaluate.ts'
import type { LicenseFacts } from './license.ts'

/** A state that distinguishes trials from paid licenses. */
export type Status = LicenseState | 'trial'

/** The status of a license from a time (milliseconds since the epoch) until the next phase. */
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
 * Returns every status that a license has over time if nothing changes, from the epoch on. The result of `evaluate`
 * can change only after one of the times in the facts.
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
