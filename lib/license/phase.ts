import { evaluate, type LicenseState } from './evaluate.ts'
import type { LicenseFacts } from './license.ts'

/** A state, with trials told from what was paid for. */
export type Standing = LicenseState | 'trial'

/** How a license stands from a moment on, in milliseconds since the epoch, up to the next phase. */
export interface Phase {
  readonly from: number
  readonly standing: Standing
}

/** @param now milliseconds since the epoch */
export function standingOf(facts: LicenseFacts, now: number): Standing {
  const { state, trial } = evaluate(facts, now)
  return trial ? 'trial' : state
}

/**
 * All that time alone makes of a license, from the epoch on: how `evaluate` judges it at every moment, as long as nothing
 * about it changes. It can only judge otherwise after one of the moments that the facts name.
 */
export function phasesOf(facts: LicenseFacts): readonly Phase[] {
  const { paidUntil, graceUntil, cancelAt } = facts.billing
  const turns = [paidUntil, graceUntil, cancelAt, facts.extendedUntil]
    .filter((end) => end !== null && end !== undefined)
    .map((end) => Math.floor(end) + 1)
    .filter((turn) => turn > 0)
    .toSorted((a, b) => a - b)
  return [0, ...turns]
    .map((from) => ({ from, standing: standingOf(facts, from) }))
    .filter(({ standing }, index, all) => standing !== all[index - 1]?.standing)
}
