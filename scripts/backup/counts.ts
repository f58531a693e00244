import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** A record in the format of DynamoDB. */
export type RawItem = Readonly<Record<string, AttributeValue>>

/** The number of records of each kind. */
export type Counts = Map<string, number>

/** Returns the kind of a record, with which its partition key starts. */
export const kindOf = ({ pk }: RawItem) => `${pk?.S}`.split('#', 1).join()

export function count(counts: Counts, item: RawItem): void {
  const kind = kindOf(item)
  counts.set(kind, (counts.get(kind) ?? 0) + 1)
}

export const sum = (counts: Counts) => counts.values().reduce((total, each) => total + each, 0)

/** Formats one line for each kind. */
export const formatCounts = (counts: Counts) =>
  [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, number]) => `  ${kind.padEnd(12)} ${`${number}`.padStart(9)}`)
    .join('\n')
