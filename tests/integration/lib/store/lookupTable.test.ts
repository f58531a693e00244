import { describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { createDynamoStore } from '../../../../lib/store/dynamodb.ts'
import { createLookup } from '../../../../lib/store/lookup.ts'
import { createLookupTable } from '../../../../lib/store/lookupTable.ts'
import type { Units } from '../../../../lib/store/table.ts'
import { itIsALicenseStore } from '../../../support/storeContract.ts'
import { aCall, aLookupTable, aStoreTable, aTable } from '../../../support/table.ts'

describe('the license store with the reads of verify', () => {
  itIsALicenseStore(async () => {
    const name = await aTable()
    return { ...createDynamoStore(aStoreTable(name)), ...createLookup(aLookupTable(name)) }
  })
})

const TABLES = [
  ['verify', aLookupTable],
  ['the SDK', aStoreTable],
] as const

const ITEM = {
  text: 'Ünicode ✓',
  number: 1234567890.5,
  yes: true,
  nothing: null,
  list: [1, 'two', { three: 3 }],
  map: { deep: { er: [] } },
  words: new Set(['a', 'b']),
}

describe.each(TABLES)('the table of %s', (_, create) => {
  it('returns what either table wrote', async () => {
    const name = await aTable()
    const table = create(name)
    const Key = { pk: 'item', sk: 'x' }
    for (const [index, [, createWriter]] of TABLES.entries()) {
      const attributes = await createWriter(name).update({
        Key,
        UpdateExpression: 'SET #item = :item ADD times :one',
        ExpressionAttributeNames: { '#item': 'item' },
        ExpressionAttributeValues: { ':item': ITEM, ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      })
      expect(attributes).toEqual({ item: ITEM, times: index + 1 })
      const item = { ...Key, ...attributes }
      expect(await table.read([Key])).toEqual([item])
      expect(await table.read([Key, { pk: 'none', sk: 'x' }])).toEqual([item])
    }
    expect(await table.read([{ pk: 'none', sk: 'x' }])).toEqual([])
    expect(await table.read([])).toEqual([])
  })

  it('reports the units that its requests consumed', async () => {
    const units: Units[] = []
    const table = create(await aTable(), undefined, (consumed) => units.push(consumed))
    const Key = { pk: 'a', sk: 'b' }
    const ExpressionAttributeValues = { ':one': 1 }
    await table.update({ Key, UpdateExpression: 'ADD times :one', ExpressionAttributeValues })
    await table.read([Key])
    await table.read([Key, { pk: 'none', sk: 'b' }])
    expect(units).toEqual([
      { read: 0, write: 1 },
      { read: 1, write: 0 },
      { read: 1, write: 0 },
    ])
  })

  it('is unavailable while the database does not respond', async () => {
    const { read } = create('nowhere', 'http://127.0.0.1:1')
    await expect(read([{ pk: 'a', sk: 'b' }])).rejects.toThrow(StoreUnavailable)
  })

  it('reports an invalid request as a bug', async () => {
    const { read } = create(await aTable())
    await expect(read([{ wrong: 'key' }])).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('keys that DynamoDB leaves unprocessed', () => {
  const KEYS = ['a', 'b'].map((pk) => ({ pk, sk: 'x' }))

  /** Returns a table that leaves the last key of its first requests unprocessed. */
  async function aBusyTable(times: number) {
    const name = await aTable()
    const call = aCall()
    for (const Key of KEYS) {
      await aStoreTable(name).update({ Key, UpdateExpression: 'SET x = pk' })
    }
    let requests = 0
    const table = createLookupTable(async (operation, input) => {
      const { [name]: request } = (input as { RequestItems: Record<string, { Keys: object[] }> })
        .RequestItems
      if (++requests > times || !request) return call(operation, input)
      const [processed, unprocessed] = [request.Keys.slice(0, -1), request.Keys.slice(-1)]
      const output =
        processed.length === 0
          ? {}
          : await call(operation, { RequestItems: { [name]: { ...request, Keys: processed } } })
      return { ...(output as object), UnprocessedKeys: { [name]: { Keys: unprocessed } } }
    }, name)
    return { table, requests: () => requests }
  }

  it('are requested again', async () => {
    const { table, requests } = await aBusyTable(2)
    expect((await table.read(KEYS)).map(({ x }) => x)).toEqual(['a', 'b'])
    expect(requests()).toBe(3)
  })

  it('make the store unavailable after eight attempts', async () => {
    const { table, requests } = await aBusyTable(99)
    await expect(table.read(KEYS)).rejects.toThrow(StoreUnavailable)
    expect(requests()).toBe(8)
  })
})
