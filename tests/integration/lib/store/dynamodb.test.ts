import { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { createDynamoStore } from '../../../../lib/store/dynamodb.ts'
import { TTL_ATTRIBUTE } from '../../../../lib/store/item.ts'
import { createTable } from '../../../../lib/store/sdkTable.ts'
import { aLicense, issued, NOW } from '../../../support/licenses.ts'
import { anAudit, itIsALicenseStore } from '../../../support/storeContract.ts'
import { aDocumentClient, allItems, aStoreTable, aTable } from '../../../support/table.ts'

const aStore = async (table?: string) => createDynamoStore(aStoreTable(table ?? (await aTable())))

/** Returns a store whose first transactions are canceled for a reason that DynamoDB gives under load. */
async function aBusyStore(code: string, times: number, index = 1) {
  const [client, table] = [aDocumentClient(), await aTable()]
  let requests = 0
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'TransactWriteItemsCommand' || ++requests > times) return next(args)
        throw new TransactionCanceledException({
          message: 'Transaction cancelled',
          $metadata: {},
          CancellationReasons: [0, 1, 2].map((write) => ({
            Code: write === index ? code : 'None',
          })),
        })
      },
    { step: 'initialize' },
  )
  return { store: createDynamoStore(createTable(client, table)), requests: () => requests }
}

describe('the DynamoDB store', () => {
  itIsALicenseStore(() => aStore())

  it('writes license, claims, audit entry and notice under the documented keys', async () => {
    const table = await aTable()
    const { license } = await issued(await aStore(table), {
      purchaseKey: 'pi:pi_1',
      request: { kind: 'request', key: 'root#key_1', fingerprint: 'print', expiresAt: NOW + 5000 },
    })
    const keys = (await allItems(table)).map(({ pk, sk }) => `${pk} / ${sk}`).sort()
    expect(keys).toEqual([
      'IDEMPOTENCY#root#key_1 / IDEMPOTENCY',
      expect.stringMatching(
        new RegExp(`^LICENSE#${license.id} / EVENT#2025-01-01T00:00:00\\.000Z#0[\\w-]{12}$`),
      ),
      `LICENSE#${license.id} / LICENSE`,
      `LICENSE#${license.id} / OUTBOX#issued#first`,
      'PURCHASE#pi:pi_1 / PURCHASE',
    ])
  })

  it('reads licenses written by versions without reissued keys, devices and lists', async () => {
    const table = await aTable()
    const store = await aStore(table)
    const { license } = await issued(store)
    await aDocumentClient().send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `LICENSE#${license.id}`, sk: 'LICENSE' },
        UpdateExpression: 'REMOVE keyId, earlierKeys, devices, releases, changedAt, customerId',
      }),
    )
    expect(await store.find(license.id)).toEqual(license)
  })

  it('creates a notice once and keeps its delivery state', async () => {
    const table = await aTable()
    const store = await aStore(table)
    const { license } = await issued(store)
    const notice = { kind: 'payment_failed', period: '1' } as const
    const commit = (at: number) =>
      store.commit({
        claims: [],
        license: {
          changed: license.id,
          to: {},
          audit: { ...anAudit(license), at },
          notices: [{ ...notice, at }],
        },
        now: at,
      })
    await commit(NOW)
    const key = { pk: `LICENSE#${license.id}`, sk: 'OUTBOX#payment_failed#1' }
    const done = { UpdateExpression: 'SET sentAt = :at', ExpressionAttributeValues: { ':at': NOW } }
    await aDocumentClient().send(new UpdateCommand({ TableName: table, Key: key, ...done }))
    await commit(NOW + 1)
    const kept = (await allItems(table)).filter(({ sk }) => sk === key.sk)
    expect(kept).toEqual([{ ...key, licenseId: license.id, ...notice, at: NOW, sentAt: NOW }])
  })

  it('sets a TTL for idempotency keys, and none for purchases', async () => {
    const table = await aTable()
    await issued(await aStore(table), {
      purchaseKey: 'pi:pi_1',
      request: { kind: 'request', key: 'k', fingerprint: 'print', expiresAt: NOW + 1 },
    })
    const claims = (await allItems(table)).filter(({ pk }) => !`${pk}`.startsWith('LICENSE#'))
    expect(Object.fromEntries(claims.map(({ kind, [TTL_ATTRIBUTE]: ttl }) => [kind, ttl]))).toEqual(
      {
        purchase: undefined,
        request: NOW / 1000 + 1,
      },
    )
  })

  it('is unavailable while the database does not respond', async () => {
    const store = createDynamoStore(aStoreTable('nowhere', 'http://127.0.0.1:1'))
    const { id } = aLicense()
    await expect(store.find(id)).rejects.toThrow(StoreUnavailable)
    await expect(issued(store)).rejects.toThrow(StoreUnavailable)
    await expect(store.readRecords(['sub_1'], [])).rejects.toThrow(StoreUnavailable)
  })

  it('reports an invalid request as a bug', async () => {
    const store = await aStore()
    await expect(issued(store, { purchaseKey: 'x'.repeat(3000) })).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
  })

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'retries a transaction canceled by %s',
    async (code) => {
      const { store, requests } = await aBusyStore(code, 2)
      expect(await issued(store)).toMatchObject({ repeated: false })
      expect(requests()).toBe(3)
    },
  )

  it('is unavailable after eight conflicts with other transactions', async () => {
    const { store, requests } = await aBusyStore('TransactionConflict', 100)
    await expect(issued(store)).rejects.toThrow(StoreUnavailable)
    expect(requests()).toBe(8)
  })

  it('does not retry a permanent failure', async () => {
    const { store, requests } = await aBusyStore('ItemCollectionSizeLimitExceeded', 100)
    await expect(issued(store)).rejects.toThrow(StoreUnavailable)
    expect(requests()).toBe(1)
  })

  it('returns a conflict at the id of a new license instead of waiting for the other one', async () => {
    const { store, requests } = await aBusyStore('TransactionConflict', 1, 0)
    const license = { issued: aLicense(), audit: anAudit(aLicense()), notices: [] }
    expect(await store.commit({ claims: [], license, now: NOW })).toEqual({ status: 'taken' })
    expect(requests()).toBe(1)
  })

  it('finds as many items as requested, without the unwanted ones', async () => {
    const { create, queryAll } = aStoreTable(await aTable())
    for (const sk of ['1', '2', '3', '4']) await create({ pk: 'a', sk })
    const query = {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'a' },
    }
    const find = async (limit?: number) =>
      (await queryAll(query, limit, ({ sk }) => sk !== '1')).map(({ sk }) => sk)
    expect(await find(2)).toEqual(['2', '3'])
    expect(await find(9)).toEqual(['2', '3', '4'])
    expect(await find()).toEqual(['2', '3', '4'])
  })
})
