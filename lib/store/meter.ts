import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** Units as DynamoDB bills them. */
export interface Units {
  readonly read: number
  readonly write: number
}

interface Counted {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[]
}
interface Capacity {
  readonly CapacityUnits?: number
}

const WRITES = /^(Put|Update|Delete|TransactWrite|BatchWrite)/

/** Has DynamoDB say with each answer what it counted for it, which costs nothing. */
export function meter(client: DynamoDBDocumentClient, tell: (units: Units) => void): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' }
        const result = await next({ ...args, input })
        const { ConsumedCapacity = [] } = result.output as Counted
        const taken = [ConsumedCapacity]
          .flat()
          .reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0)
        tell(WRITES.test(commandName) ? { read: 0, write: taken } : { read: taken, write: 0 })
        return result
      },
    { step: 'initialize', name: 'meter' },
  )
}
