/** A proxy to DynamoDB that records the operations and the capacity units that AWS bills for them. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb'
import { type Server, toServer } from '../local/server.ts'
import type { Stage } from './stage.ts'

/** One request to DynamoDB. */
interface Exchange {
  /** The name of the operation, such as `BatchGetItem`. */
  readonly operation: string
  readonly read: number
  readonly write: number
}

export interface CapacityProxy extends Server {
  /** Returns the requests since the last call. */
  take(): readonly Exchange[]
}

interface Capacity {
  readonly CapacityUnits?: number | undefined
}
interface RequestBody {
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly object[] }>>
}
interface ResponseBody {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[]
  readonly Item?: object
  readonly Responses?: Readonly<Record<string, readonly object[]>>
}

const WRITES = /^(?:Put|Update|Delete|BatchWrite)/

/** The write units that AWS bills for the smallest item in a transaction. */
const TRANSACTION_UNITS = 2

const sum = (capacities: readonly Capacity[]) =>
  capacities.reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0)

/**
 * Measures how many of the units that this DynamoDB reports for a transaction are billed: DynamoDB Local reports twice as
 * many as AWS documents. Entries of indexes count like items, which is at least what AWS bills.
 */
async function measureTransactionRate(client: DynamoDBDocumentClient, TableName: string) {
  const Key = { pk: 'CALIBRATION', sk: 'CALIBRATION' }
  const { ConsumedCapacity = [] } = await client.send(
    new TransactWriteCommand({
      TransactItems: [{ Put: { TableName, Item: Key } }],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  )
  await client.send(new DeleteCommand({ TableName, Key }))
  return TRANSACTION_UNITS / sum(ConsumedCapacity)
}

/** Starts a proxy to the DynamoDB of a stage. The functions request the consumed capacity themselves. */
export async function startCapacityProxy({
  client,
  table,
  dynamoDb,
}: Stage): Promise<CapacityProxy> {
  const transactionRate = await measureTransactionRate(client, table)
  let exchanges: Exchange[] = []
  const http = createServer(async (request, response) => {
    const target = `${request.headers['x-amz-target']}`
    const body = await buffer(request)
    const headers = {
      'content-type': `${request.headers['content-type']}`,
      'x-amz-target': target,
      authorization: `${request.headers.authorization}`,
    }
    try {
      const passed = await fetch(dynamoDb.url, { method: 'POST', headers, body })
      const text = await passed.text()
      const operation = target.split('.')[1] ?? ''
      const units = toUnits(operation, JSON.parse(`${body}`), JSON.parse(text), transactionRate)
      exchanges.push({ operation, ...units })
      response.writeHead(passed.status, Object.fromEntries(passed.headers)).end(text)
    } catch {
      response.destroy()
    }
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    ...toServer(http),
    take() {
      const taken = exchanges
      exchanges = []
      return taken
    },
  }
}

/** AWS bills the read of a missing item like one of the smallest size. DynamoDB Local reports nothing for it. */
function toUnits(
  operation: string,
  request: RequestBody,
  response: ResponseBody,
  transactionRate: number,
): Pick<Exchange, 'read' | 'write'> {
  const units = sum([response.ConsumedCapacity ?? []].flat())
  if (operation === 'TransactWriteItems') return { read: 0, write: units * transactionRate }
  if (WRITES.test(operation)) return { read: 0, write: units }
  if (operation === 'GetItem') return { read: response.Item ? units : 1, write: 0 }
  const keys = Object.values(request.RequestItems ?? {}).flatMap(({ Keys }) => Keys)
  const items = Object.values(response.Responses ?? {}).flat()
  return { read: units + keys.length - items.length, write: 0 }
}
