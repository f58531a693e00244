import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** Units as DynamoDB bills them. */
export interface Units {
  readonly read: number
  readonly write: number
}

/** As much of an answer as says what it took. */
export interface Counted {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[]
}
interface Capacity {
  readonly CapacityUnits?: number
}

const WRITES = /^(Put|Update|Delete|TransactWrite|BatchWrite)/

/** What an answer to an operation took. */
export function unitsIn(operation: string, { ConsumedCapacity = [] }: Counted): Units {
  const taken = [ConsumedCapacity].flat().reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0)
  return WRITES.test(operation) ? { read: 0, write: taken } : { read: taken, write: 0 }
}

/** Has DynamoDB say with each answer what it counted for it, which costs nothing. */
export function meter(client: DynamoDBDocumentClient, tell: (units: Units) => void): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' }
        const result = await next({ ...args, input })
        tell(unitsIn(commandName, result.output as Counted))
        return result
      },
    { step: 'initialize', name: 'meter' },
  )
}
