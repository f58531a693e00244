import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { type Counted, type Units, unitsIn } from './meter.ts'
import type { Table } from './table.ts'

type Wire = Record<string, AttributeValue>

interface BatchGot extends Counted {
  readonly Responses?: Readonly<Record<string, readonly Wire[]>>
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly Wire[] }>>
}
interface Updated extends Counted {
  readonly Attributes?: Wire
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

  return {
    name,

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

    async update({ Key, ExpressionAttributeValues, ...update }) {
      const { Attributes = {} } = await ask<Updated>('UpdateItem', {
        ...update,
        TableName: name,
        Key: marshall(Key),
        ExpressionAttributeValues: marshall(ExpressionAttributeValues),
        ReturnValues: 'UPDATED_NEW',
      })
      return unmarshall(Attributes)
    },
  }
}
