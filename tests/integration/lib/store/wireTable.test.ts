import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from '@jest/globals'
import type { RateLimitCounter } from '../../../../lib/access/rateLimit.ts'
import { RateLimitError } from '../../../../lib/access/rateLimit.ts'
import { StoreUnavailable } from '../../../../lib/license/index.ts'
import { createDynamoStore } from '../../../../lib/store/dynamodb.ts'
import { createLookup } from '../../../../lib/store/lookup.ts'
import type { Units } from '../../../../lib/store/meter.ts'
import { createRateLimits } from '../../../../lib/store/rateLimits.ts'
import { createReading } from '../../../../lib/store/read.ts'
import { cancellationOf, isConditionFailure } from '../../../../lib/store/table.ts'
import { createWireTable } from '../../../../lib/store/wireTable.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'
import { itIsALicenseStore } from '../../../support/storeContract.ts'
import {
  aCall,
  aDocumentClient,
  allItems,
  aStoreTable,
  aTable,
  aWireTable,
} from '../../../support/table.ts'

describe('the license store, without the SDK', () => {
  itIsALicenseStore(async () => createDynamoStore(aWireTable(await aTable())))
})

describe('a table, asked without the SDK', () => {
  it('reads and changes what the SDK reads and changes', async () => {
    const name = await aTable()
    const tables = [aWireTable(name), aStoreTable(name)]
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
        ReturnValues: 'UPDATED_NEW',
      } as const
      expect(await table.update(update)).toEqual({ said, times: 1 })
      expect(await table.update(update)).toEqual({ said, times: 2 })
      for (const reader of tables) {
        const { items, unprocessed } = await reader.batchGet([Key, { pk: 'none', sk: 'x' }])
        expect(items).toEqual([{ ...Key, said, times: 2 }])
        expect(unprocessed).toEqual([])
        expect(await reader.get(Key)).toEqual({ ...Key, said, times: 2 })
        expect(await reader.get({ pk: 'none', sk: 'x' })).toBeUndefined()
      }
    }
  })

  it('writes what the SDK writes, and asks for it page by page', async () => {
    const name = await aTable()
    const tables = [aWireTable(name), aStoreTable(name)]
    const ConditionExpression = 'attribute_not_exists(pk)'
    for (const [place, table] of tables.entries()) {
      for (let sk = 1; sk <= 3; sk++) {
        await table.put({
          Item: { pk: `item ${place}`, sk: `${sk}`, gone: undefined },
          ConditionExpression,
        })
      }
      for (const reader of tables) {
        const query = {
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `item ${place}` },
          Limit: 2,
        }
        const first = await reader.query(query)
        expect(first.items.map(({ sk }) => sk)).toEqual(['1', '2'])
        expect(first.next).toEqual({ pk: `item ${place}`, sk: '2' })
        const second = await reader.query({ ...query, ExclusiveStartKey: first.next })
        expect(second).toEqual({ items: [{ pk: `item ${place}`, sk: '3' }] })
      }
    }
  })

  it('is refused with the reasons that the SDK tells', async () => {
    const name = await aTable()
    const [Item, other] = [
      { pk: 'there', sk: 'x' },
      { pk: 'new', sk: 'x' },
    ]
    const put = (item: object) => ({
      Put: {
        TableName: name,
        Item: { ...item },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      },
    })
    for (const table of [aWireTable(name), aStoreTable(name)]) {
      await table.transact([{ Put: { TableName: name, Item } }])
      const refusal = await table.transact([put(other), put(Item)]).catch(cancellationOf)
      expect(refusal).toMatchObject([
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Item: { pk: { S: 'there' }, sk: { S: 'x' } } },
      ])
      const { ConditionExpression } = put(Item).Put
      expect(await table.put({ Item, ConditionExpression }).catch(isConditionFailure)).toBe(true)
      expect(await table.get(other)).toBeUndefined()
    }
  })

  it('writes a transaction once, however often it is sent', async () => {
    const name = await aTable()
    const real = aCall()
    const table = createWireTable(
      async (operation, input) => {
        await real(operation, input)
        return real(operation, input)
      },
      name,
      () => {},
    )
    const Update = {
      TableName: name,
      Key: { pk: 'a', sk: 'b' },
      UpdateExpression: 'ADD times :one',
      ExpressionAttributeValues: { ':one': 1 },
    }
    await table.transact([{ Update }])
    expect(await table.get(Update.Key)).toMatchObject({ times: 1 })
    await table.transact([{ Update }])
    expect(await table.get(Update.Key)).toMatchObject({ times: 2 })
  })

  it('tells what was taken', async () => {
    const told: Units[] = []
    const table = aWireTable(await aTable(), undefined, (units) => told.push(units))
    const update = {
      Key: { pk: 'a', sk: 'b' },
      UpdateExpression: 'ADD #times :one',
      ExpressionAttributeNames: { '#times': 'times' },
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'UPDATED_NEW',
    } as const
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
    const table = aWireTable('nowhere', 'http://127.0.0.1:1')
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
    const rateLimits = createRateLimits(aWireTable(name))
    const until = NOW + 1000
    const limit = { failures: 2, minutes: 10 }
    const counter: RateLimitCounter = { id: 'key#hash#1', limit, until, at: NOW, wait: 1 }
    await rateLimits.addFailure(counter)
    await rateLimits.addFailure(counter)
    await expect(rateLimits.addFailure(counter)).rejects.toThrow(RateLimitError)
    const other = createRateLimits(aWireTable(name))
    const { read } = other.rateLimited(createReading(aWireTable(name)), [counter])
    await expect(read([])).rejects.toThrow(RateLimitError)
    expect(await allItems(name)).toEqual([
      { pk: 'TRIES#key#hash#1', sk: 'TRIES', failures: 3, ttl: until / 1000 },
    ])
  })
})
