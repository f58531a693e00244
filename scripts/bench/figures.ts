/** What is made of many measurements of one thing. */

export interface Spread {
  readonly median: number
  readonly p10: number
  readonly p90: number
  readonly runs: number
}

/** @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low, high] = [
    sorted[Math.floor(place)] ?? Number.NaN,
    sorted[Math.ceil(place)] ?? Number.NaN,
  ]
  return low + (high - low) * (place - Math.floor(place))
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  p10: quantile(values, 0.1),
  p90: quantile(values, 0.9),
  runs: values.length,
})

/** How one thing compares with another that was measured in turns with it, run by run. */
export const ratioOf = (values: readonly number[], to: readonly number[]): Spread =>
  spreadOf(values.map((value, index) => value / (to[index] ?? Number.NaN)))

/** Runs each of the tasks in turn, as often as is asked for, so that what the machine does besides meets all alike. */
export async function inTurns<Name extends string, Result>(
  rounds: number,
  tasks: Readonly<Record<Name, (round: number) => Promise<Result>>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(tasks) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<
    Name,
    Result[]
  >
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first finds a machine that just did something else.
    const turn = names.map((_, index) => names[(index + round) % names.length] as Name)
    for (const name of turn) results[name].push(await tasks[name](round))
  }
  return results
}
