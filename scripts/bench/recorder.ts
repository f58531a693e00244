/** A line to DynamoDB that writes down what is asked on it and what that takes. */

import { once } from 'node:events'
import { Agent, createServer, type IncomingHttpHeaders, request as open } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { DeleteCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import { type Server, toServer } from '../local/server.ts'
import type { Request } from './load.ts'
import type { Stage } from './stage.ts'

/** One round trip. */
interface Exchange {
  /** As DynamoDB calls it: `BatchGetItem`. */
  readonly operation: string
  readonly read: number
  readonly write: number
  /** What was asked, as it was sent. */
  readonly request: Request
}

export interface Recorder extends Server {
  /** What was asked since this was last taken. */
  take(): readonly Exchange[]
}

interface Capacity {
  readonly CapacityUnits?: number | undefined
}
interface Asked {
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly object[] }>>
}
interface Answered {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[]
  readonly Item?: object
  readonly Responses?: Readonly<Record<string, readonly object[]>>
}

const WRITES = /^(?:Put|Update|Delete|BatchWrite)/

/** What AWS bills for the smallest item that is written in a transaction, in write units. */
const TRANSACTED = 2

/**
 * How much of what this DynamoDB counts for a transaction is billed: DynamoDB Local counts twice as much as AWS
 * documents. Entries of indexes are counted like items here, which is at least what AWS bills.
 */
async function shareOfTransactions(client: DynamoDBDocumentClient, TableName: string) {
  const Key = { pk: 'CALIBRATION', sk: 'CALIBRATION' }
  const { ConsumedCapacity = [] } = await client.send(
    new TransactWriteCommand({
      TransactItems: [{ Put: { TableName, Item: Key } }],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  )
  await client.send(new DeleteCommand({ TableName, Key }))
  return TRANSACTED / sumOf(ConsumedCapacity)
}

/** Puts itself before the DynamoDB of a stage. Whoever asks has to want to know what it takes. */
export async function startRecorder({ client, table, dynamoDb }: Stage): Promise<Recorder> {
  const share = await shareOfTransactions(client, table)
  const agent = new Agent({ keepAlive: true })
  let exchanges: Exchange[] = []
  const http = createServer(async (request, response) => {
    const body = await buffer(request)
    const passed = open(dynamoDb.url, { agent, method: request.method, headers: request.headers })
    passed.on('error', () => response.destroy())
    passed.end(body)
    const [answer] = await once(passed, 'response')
    const told = await buffer(answer)
    const operation = `${request.headers['x-amz-target']}`.split('.')[1] ?? ''
    exchanges.push({
      operation,
      ...unitsOf(operation, JSON.parse(`${body}`), JSON.parse(`${told}`), share),
      request: { path: '/', headers: toBeSent(request.headers), body: `${body}` },
    })
    response.writeHead(answer.statusCode, answer.headers).end(told)
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

/** The headers that are of the request, and not of the line that it came on. */
const toBeSent = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      /^(?:content-type|authorization|x-amz-.*)$/.test(name) ? [[name, `${value}`]] : [],
    ),
  )

const sumOf = (counted: readonly Capacity[]) =>
  counted.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)

/** DynamoDB bills the reading of an item that is not there as one of the smallest size; DynamoDB Local does not. */
function unitsOf(
  operation: string,
  asked: Asked,
  answered: Answered,
  shareOfTransactions: number,
): Pick<Exchange, 'read' | 'write'> {
  const counted = sumOf([answered.ConsumedCapacity ?? []].flat())
  if (operation === 'TransactWriteItems') {
    return { read: 0, write: counted * shareOfTransactions }
  }
  if (WRITES.test(operation)) return { read: 0, write: counted }
  if (operation === 'GetItem') return { read: answered.Item ? counted : 1, write: 0 }
  const keys = Object.values(asked.RequestItems ?? {}).flatMap(({ Keys }) => Keys)
  const items = Object.values(answered.Responses ?? {}).flat()
  return { read: counted + keys.length - items.length, write: 0 }
}
