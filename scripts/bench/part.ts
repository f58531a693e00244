import type { Bundles } from './bundles.ts'
import type { Stage } from './stage.ts'

/** What a measurement may use, and how much of it is wanted. */
export interface Bench {
  readonly stage: Stage
  readonly bundles: Bundles
  /** Whether few runs are enough, to see that it works. */
  readonly isShort: boolean
  readonly minutes: number
  /** How many licenses there are in the table, one size after the other. */
  readonly sizes: readonly number[]
  /** The document that the Flask prototype is in, if it is at hand. */
  readonly prototype: string | undefined
  /** Tells how far it is. */
  say(line: string): void
}

/** One measurement, that can be run alone. */
export interface Part<Result = unknown> {
  readonly name: string
  readonly title: string
  measure(bench: Bench): Promise<Result>
  /** What the figures say, in Markdown. */
  tell(result: Result): string
}
