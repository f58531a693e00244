import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** A record as DynamoDB itself writes it. */
export type RawItem = Readonly<Record<string, AttributeValue>>

/** How many records there are of each kind. */
export type Counts = Map<string, number>

/** What a record is of: its partition key says so in front. */
export const kindOf = ({ pk }: RawItem) => `${pk?.S}`.split('#', 1).join()

export function count(counts: Counts, item: RawItem): void {
  const kind = kindOf(item)
  counts.set(kind, (counts.get(kind) ?? 0) + 1)
}

export const sumOf = (counts: Counts) => counts.values().reduce((sum, each) => sum + each, 0)

/** A line a kind, for a person to compare. */
export const tableOf = (counts: Counts) =>
  [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, number]) => `  ${kind.padEnd(12)} ${`${number}`.padStart(9)}`)
    .join('\n')
