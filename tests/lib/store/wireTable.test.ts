import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from '@jest/globals'
import type { Counter } from '../../../lib/access/tries.ts'
import { TooManyTries } from '../../../lib/access/tries.ts'
import { createCall, DYNAMODB } from '../../../lib/aws/call.ts'
import { StoreUnavailable } from '../../../lib/license/index.ts'
import { createDynamoStore } from '../../../lib/store/dynamodb.ts'
import { createLookup } from '../../../lib/store/lookup.ts'
import type { Units } from '../../../lib/store/meter.ts'
import { createReading } from '../../../lib/store/read.ts'
import { createSdkTable } from '../../../lib/store/sdkTable.ts'
import { createTryStore } from '../../../lib/store/tries.ts'
import { createWireTable } from '../../../lib/store/wireTable.ts'
import { aLicense, NOW } from '../../support/licenses.ts'
import { aDocumentClient, allItems, aTable, dynamoDbUrl } from '../../support/table.ts'
import { itIsALicenseStore } from './contract.ts'

const aCall = (url = dynamoDbUrl()) =>
  createCall(DYNAMODB, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: url,
  })

const aWireTable = (name: string, told: Units[] = []) =>
  createWireTable(aCall(), name, (units) => told.push(units))

describe('the license store, read without the SDK', () => {
  itIsALicenseStore(async () => {
    const table = await aTable()
    return {
      ...createDynamoStore({ client: aDocumentClient(), table }),
      ...createLookup(createReading(aWireTable(table))),
    }
  })
})

describe('a table, asked without the SDK', () => {
  it('reads and changes what the SDK reads and changes', async () => {
    const name = await aTable()
    const tables = [aWireTable(name), createSdkTable(aDocumentClient(), name)]
    const said = {
      text: 'Ünicode ✓',
      number: 1234567890.5,
      yes: true,
      nothing: null,
      list: [1, 'two', { three: 3 }],
      map: { deep: { er: [] } },
      words: new Set(['a', 'b']),
    }
    for (const [place, table] of tables.entries()) {
      const Key = { pk: `item ${place}`, sk: 'x' }
      const update = {
        Key,
        UpdateExpression: 'SET #said = :said ADD times :one',
        ExpressionAttributeNames: { '#said': 'said' },
        ExpressionAttributeValues: { ':said': said, ':one': 1 },
      }
      expect(await table.update(update)).toEqual({ said, times: 1 })
      expect(await table.update(update)).toEqual({ said, times: 2 })
      for (const reader of tables) {
        const { items, unprocessed } = await reader.batchGet([Key, { pk: 'none', sk: 'x' }])
        expect(items).toEqual([{ ...Key, said, times: 2 }])
        expect(unprocessed).toEqual([])
      }
    }
  })

  it('tells what was taken', async () => {
    const told: Units[] = []
    const table = aWireTable(await aTable(), told)
    const update = {
      Key: { pk: 'a', sk: 'b' },
      UpdateExpression: 'ADD #times :one',
      ExpressionAttributeNames: { '#times': 'times' },
      ExpressionAttributeValues: { ':one': 1 },
    }
    await table.update(update)
    await table.batchGet([update.Key])
    expect(told).toEqual([
      { read: 0, write: 1 },
      { read: 1, write: 0 },
    ])
  })

  it('asks again for what DynamoDB had no time for', async () => {
    const name = await aTable()
    const client = aDocumentClient()
    for (const pk of ['a', 'b']) {
      const UpdateExpression = 'SET x = :x'
      const ExpressionAttributeValues = { ':x': pk }
      const Key = { pk, sk: 'x' }
      await client.send(
        new UpdateCommand({ TableName: name, Key, UpdateExpression, ExpressionAttributeValues }),
      )
    }
    const real = aCall()
    let asked = 0
    /** The real database, which says of the last key that it is too busy for it. */
    const busy = (times: number) =>
      createWireTable(
        async (operation, input) => {
          const { RequestItems } = input as { RequestItems: Record<string, { Keys: object[] }> }
          const Keys = RequestItems[name]?.Keys ?? []
          if (++asked > times) return real(operation, input)
          const some = { [name]: { ...RequestItems[name], Keys: Keys.slice(0, -1) } }
          const answer =
            Keys.length > 1 ? await real(operation, { ...input, RequestItems: some }) : {}
          return { ...(answer as object), UnprocessedKeys: { [name]: { Keys: Keys.slice(-1) } } }
        },
        name,
        () => {},
      )
    const keys = ['a', 'b'].map((pk) => ({ pk, sk: 'x' }))
    const items = await createReading(busy(2)).read(keys)
    expect(items.map(({ x }) => x)).toEqual(['a', 'b'])
    expect(asked).toBe(3)
    await expect(createReading(busy(99)).read(keys)).rejects.toThrow(StoreUnavailable)
  })

  it('is unavailable, not wrong, while the database does not answer', async () => {
    const table = createWireTable(aCall('http://127.0.0.1:1'), 'nowhere', () => {})
    const { find } = createLookup(createReading(table))
    await expect(find(aLicense().id)).rejects.toThrow(StoreUnavailable)
  })

  it('calls a request that DynamoDB finds wrong a fault of the program', async () => {
    const { read } = createReading(aWireTable(await aTable()))
    await expect(read([{ wrong: 'key' }])).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('failed tries, counted without the SDK', () => {
  it('are refused once they are too many, and gone by themselves later', async () => {
    const name = await aTable()
    const tries = createTryStore(aWireTable(name))
    const until = NOW + 1000
    const limit = { failures: 2, minutes: 10 }
    const counter: Counter = { id: 'key#hash#1', limit, until, wait: 1 }
    await tries.add(counter)
    await tries.add(counter)
    await expect(tries.add(counter)).rejects.toThrow(TooManyTries)
    const other = createTryStore(aWireTable(name))
    const { read } = other.watch(createReading(aWireTable(name)), [counter])
    await expect(read([])).rejects.toThrow(TooManyTries)
    expect(await allItems(name)).toEqual([
      { pk: 'TRIES#key#hash#1', sk: 'TRIES', failures: 3, ttl: until / 1000 },
    ])
  })
})
