import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import {
  createRead,
  type LookupTable,
  METERED,
  type Metered,
  type Units,
  unitsOf,
  withNames,
  withRetry,
} from './table.ts'

type Wire = Parameters<typeof unmarshall>[0]

interface Output extends Metered {
  readonly Item?: Wire
  readonly Attributes?: Wire
  readonly Responses?: Readonly<Record<string, readonly Wire[]>>
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly Wire[] }>>
}

/**
 * Creates a table for verify, without the AWS SDK.
 *
 * @param call executes an operation of DynamoDB
 * @param onUnits receives the units that each request consumed
 */
export function createLookupTable(
  call: (operation: string, input: object) => Promise<unknown>,
  name: string,
  onUnits: (units: Units) => void = () => {},
): LookupTable {
  async function send(operation: string, input: object): Promise<Output> {
    const output = (await call(operation, { ...input, ...METERED })) as Output
    const units = unitsOf(output)
    onUnits(operation === 'UpdateItem' ? { read: 0, write: units } : { read: units, write: 0 })
    return output
  }

  return {
    read: createRead(
      async (key) => {
        const input = { TableName: name, Key: marshall(key), ConsistentRead: true }
        const { Item } = await send('GetItem', input)
        return Item && unmarshall(Item)
      },
      async (keys) => {
        const request = { Keys: keys.map((key) => marshall(key)), ConsistentRead: true }
        const output = await send('BatchGetItem', { RequestItems: { [name]: request } })
        const { Responses = {}, UnprocessedKeys = {} } = output
        return {
          items: (Responses[name] ?? []).map((item) => unmarshall(item)),
          unprocessed: (UnprocessedKeys[name]?.Keys ?? []).map((key) => unmarshall(key)),
        }
      },
    ),

    update: ({ Key, ExpressionAttributeValues, ...update }) =>
      withRetry(async () => {
        const { Attributes = {} } = await send('UpdateItem', {
          ...withNames(update),
          TableName: name,
          Key: marshall(Key),
          ...(ExpressionAttributeValues && {
            ExpressionAttributeValues: marshall(ExpressionAttributeValues),
          }),
        })
        return unmarshall(Attributes)
      }),
  }
}
