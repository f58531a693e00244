import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Item } from './item.ts'
import {
  type CancellationReason,
  ConditionFailed,
  Contention,
  createRead,
  METERED,
  type Metered,
  type Table,
  type Units,
  unitsOf,
  withNames,
  withRetry,
} from './table.ts'

type Wire = Parameters<typeof unmarshall>[0]

/**
 * Creates a table on the AWS SDK.
 *
 * @param client a client that removes undefined values
 * @param onUnits receives the units that each request consumed
 */
export function createTable(
  client: DynamoDBDocumentClient,
  name: string,
  onUnits: (units: Units) => void = () => {},
): Table {
  const options = { TableName: name, ...METERED }
  function countRead<Output extends Metered>(output: Output): Output {
    onUnits({ read: unitsOf(output), write: 0 })
    return output
  }
  function countWrite<Output extends Metered>(output: Output): Output {
    onUnits({ read: 0, write: unitsOf(output) })
    return output
  }

  return {
    read: createRead(
      async (Key) => {
        const command = new GetCommand({ ...options, Key, ConsistentRead: true })
        return countRead(await client.send(command)).Item
      },
      async (keys) => {
        const RequestItems = { [name]: { Keys: [...keys], ConsistentRead: true } }
        const command = new BatchGetCommand({ RequestItems, ...METERED })
        const { Responses, UnprocessedKeys } = countRead(await client.send(command))
        return { items: Responses?.[name] ?? [], unprocessed: UnprocessedKeys?.[name]?.Keys ?? [] }
      },
    ),

    queryAll: (query, limit, isWanted = () => true) =>
      withRetry(async () => {
        const found: Item[] = []
        let start = query.ExclusiveStartKey
        do {
          const command = new QueryCommand({
            ...withNames(query),
            ...options,
            Limit: limit && limit - found.length,
            ExclusiveStartKey: start,
          })
          const { Items = [], LastEvaluatedKey } = countRead(await client.send(command))
          found.push(...Items.filter(isWanted))
          start = LastEvaluatedKey
        } while (start && (limit === undefined || found.length < limit))
        return found
      }),

    create: (item) =>
      withRetry(async () => {
        const ConditionExpression = 'attribute_not_exists(pk)'
        const command = new PutCommand({ ...options, Item: item, ConditionExpression })
        countWrite(await client.send(command))
      }),

    update: (update) =>
      withRetry(async () => {
        try {
          const output = await client.send(new UpdateCommand({ ...withNames(update), ...options }))
          return countWrite(output).Attributes ?? {}
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error
          const item = error.Item && unmarshall(error.Item as Wire)
          throw new ConditionFailed(item, { cause: error })
        }
      }),

    transact: (writes, contested) =>
      withRetry(async () => {
        const TransactItems = writes.map(
          (write) =>
            Object.fromEntries(
              Object.entries(write).map(([kind, input]) => [
                kind,
                { ...withNames(input), TableName: name },
              ]),
            ) as object,
        )
        try {
          const command = new TransactWriteCommand({ TransactItems, ...METERED })
          countWrite(await client.send(command))
          return
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error
          const reasons = (error.CancellationReasons ?? []).map(({ Code = 'None', Item }) => ({
            code: Code,
            ...(Item && { item: unmarshall(Item as Wire) }),
          }))
          const codes = reasons.map(({ code }) => code)
          if (codes.includes('ConditionalCheckFailed')) return reasons
          if (contested !== undefined && isConflictOnly(reasons, contested)) return reasons
          if (codes.some((code) => TRANSIENT.has(code))) {
            throw new Contention('The transaction met another one', { cause: error })
          }
          throw error
        }
      }),
  }
}

const TRANSIENT = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

const isConflictOnly = (reasons: readonly CancellationReason[], contested: number) =>
  reasons.every(
    ({ code }, index) => code === (index === contested ? 'TransactionConflict' : 'None'),
  )
