import { randomUUID } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { type Counted, type Units, unitsIn } from './meter.ts'
import type { Key, Table } from './table.ts'

type Wire = Record<string, AttributeValue>

interface Got extends Counted {
  readonly Item?: Wire
}
interface BatchGot extends Counted {
  readonly Responses?: Readonly<Record<string, readonly Wire[]>>
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly Wire[] }>>
}
interface Queried extends Counted {
  readonly Items?: readonly Wire[]
  readonly LastEvaluatedKey?: Wire
}
interface Updated extends Counted {
  readonly Attributes?: Wire
}

/** What is of the table's own values in a request, as the client of the SDK knows them. */
const VALUES = ['Item', 'Key', 'ExclusiveStartKey', 'ExpressionAttributeValues'] as const

/** A request in DynamoDB's own JSON. */
function toWire<Request extends object>(request: Request): Request {
  const values = VALUES.flatMap((name) => {
    const value = (request as Partial<Record<string, Key>>)[name]
    return value === undefined ? [] : [[name, marshall(value, { removeUndefinedValues: true })]]
  })
  return { ...request, ...Object.fromEntries(values) }
}

/**
 * A table, asked in DynamoDB's own JSON.
 *
 * @param call asks DynamoDB for one operation
 * @param tell hears what each answer took
 */
export function createWireTable(
  call: (operation: string, input: object) => Promise<unknown>,
  name: string,
  tell: (units: Units) => void,
): Table {
  async function ask<Answer extends Counted>(operation: string, input: object): Promise<Answer> {
    const asked = { ...input, ReturnConsumedCapacity: 'TOTAL' }
    const answer = (await call(operation, asked)) as Answer
    tell(unitsIn(operation, answer))
    return answer
  }
  /** For the operations that ask a single table. */
  const askTable = <Answer extends Counted>(operation: string, input: object): Promise<Answer> =>
    ask(operation, { ...toWire(input), TableName: name })

  return {
    name,

    async get(Key) {
      const { Item } = await askTable<Got>('GetItem', { Key, ConsistentRead: true })
      return Item && unmarshall(Item)
    },

    async batchGet(keys) {
      const Keys = keys.map((key) => marshall(key))
      const { Responses, UnprocessedKeys } = await ask<BatchGot>('BatchGetItem', {
        RequestItems: { [name]: { Keys, ConsistentRead: true } },
      })
      return {
        items: (Responses?.[name] ?? []).map((item) => unmarshall(item)),
        unprocessed: (UnprocessedKeys?.[name]?.Keys ?? []).map((key) => unmarshall(key)),
      }
    },

    async query(query) {
      const { Items = [], LastEvaluatedKey } = await askTable<Queried>('Query', query)
      return {
        items: Items.map((item) => unmarshall(item)),
        ...(LastEvaluatedKey && { next: unmarshall(LastEvaluatedKey) }),
      }
    },

    async put(put) {
      await askTable('PutItem', put)
    },

    async update(update) {
      const { Attributes = {} } = await askTable<Updated>('UpdateItem', update)
      return unmarshall(Attributes)
    },

    async transact(writes) {
      await ask('TransactWriteItems', {
        ClientRequestToken: randomUUID(),
        TransactItems: writes.map((write) =>
          Object.fromEntries(Object.entries(write).map(([kind, of]) => [kind, toWire({ ...of })])),
        ),
      })
    },
  }
}
