import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { createHandler as createAdminHandler } from '../../../functions/admin.ts'
import { createHandler } from '../../../functions/licenseChanges.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import type { Runtime } from '../../../lib/lambda/runtime.ts'
import { DAY_MS, evaluate, STATES } from '../../../lib/license/index.ts'
import { StoreUnavailable } from '../../../lib/license/store.ts'
import { fromLicenseItem, toLicenseItem } from '../../../lib/store/item.ts'
import { createSummaryStore } from '../../../lib/store/summary.ts'
import { aContext, aRequest, bodyOf } from '../../support/http.ts'
import { aLicense, issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { streamOf } from '../../support/stream.ts'
import { aDocumentClient, allItems, aStoreTable } from '../../support/table.ts'

let test: TestRuntime
beforeEach(async () => {
  test = await aRuntime({}, { hasStream: true })
})
afterEach(() => test.stop())

const follow = (Records: readonly DynamoDBRecord[], runtime: Runtime = test.runtime) =>
  createHandler(runtime)({ Records } as DynamoDBStreamEvent, aContext())

const DONE = { batchItemFailures: [] }

const catchUp = async () => expect(await follow(await streamOf(test.table))).toEqual(DONE)

async function ask(method: string, path: string, body?: object) {
  const event = aRequest(method, `/api/admin${path}`, {
    headers: { authorization: 'Bearer test_admin_token' },
    ...(body && { body: { reason: 'x', ...body } }),
  })
  const response = await createAdminHandler(test.runtime)(event, aContext())
  expect(response.statusCode).toBe(200)
  return bodyOf(response)
}

const act = (id: string, action: string, body: object = {}) =>
  ask('POST', `/licenses/${id}/${action}`, body)

const overview = () => ask('GET', '/overview')

/** Computes the overview by evaluating every license. */
async function computeOverview() {
  const licenses = (await allItems(test.table))
    .filter(({ sk, facts }) => sk === 'LICENSE' && facts)
    .map(fromLicenseItem)
  const at = Math.floor(test.time.now / 60_000) * 60_000
  const count = (isWanted: (license: (typeof licenses)[number]) => boolean) =>
    licenses.filter(isWanted).length
  const stateAt = ({ facts }: (typeof licenses)[number], time: number) =>
    evaluate(facts, time).state
  const isGoodAt = (license: (typeof licenses)[number], time: number) =>
    ['active', 'canceling', 'grace'].includes(stateAt(license, time))
  const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
  return {
    at,
    states: Object.fromEntries(
      STATES.map((state) => [state, count((license) => stateAt(license, at) === state)]),
    ),
    trials: count(({ facts }) => evaluate(facts, at).trial === true),
    total: licenses.length,
    expiringSoon: count((license) => isGoodAt(license, at) && !isGoodAt(license, at + 30 * DAY_MS)),
    byTier: Object.keys(catalog.tiers).map((tier) => ({
      tier,
      good: count((license) => license.tier === tier && isGoodAt(license, at)),
    })),
    issuedPerDay: Array.from({ length: 30 }, (_, index) => {
      const day = dayOf(at - (29 - index) * DAY_MS)
      return { day, issued: count(({ createdAt }) => dayOf(createdAt) === day) }
    }),
    verifiesPerDay: null,
    parked: 0,
  }
}

/** Issues licenses at different times and applies actions to them. */
async function aBusiness() {
  const tiers = Object.keys(catalog.tiers)
  const ids: string[] = []
  for (let number = 0; number < 12; number++) {
    test.time.now += DAY_MS / 3
    const { license } = await issued(
      test.runtime.store,
      {
        userId: `user_${number}`,
        tier: tiers[number % tiers.length] ?? '',
        durationDays: number % 5 === 0 ? -1 : number * 7 + 1,
      },
      { now: test.time.now },
    )
    ids.push(license.id)
  }
  await act(ids[1] ?? '', 'revoke')
  await act(ids[2] ?? '', 'suspend')
  await act(ids[3] ?? '', 'extend', { days: 3 })
  await act(ids[4] ?? '', 'change-tier', { tier: 'elite' })
  await act(ids[5] ?? '', 'suspend')
  await act(ids[5] ?? '', 'reinstate')
  await act(ids[6] ?? '', 'reissue')
  await act(ids[7] ?? '', 'note')
  return ids
}

describe('GET /api/admin/overview', () => {
  it('returns zeros without licenses', async () => {
    const seen = await overview()
    expect(seen).toEqual(await computeOverview())
    expect(seen).toMatchObject({ total: 0, states: { active: 0 }, expiringSoon: 0 })
    expect(seen['issuedPerDay']).toHaveLength(30)
  })

  it('equals the counts of all licenses at every time', async () => {
    await aBusiness()
    await catchUp()
    const start = test.time.now
    for (const days of [0, 1, 6.5, 14, 29.99, 31, 60, 400, 36_000, -3, -20]) {
      test.time.now = start + days * DAY_MS
      expect(await overview()).toEqual(await computeOverview())
    }
  })

  it('counts a license as expired in the minute after its expiry', async () => {
    const { license } = await issued(test.runtime.store, { durationDays: 1 })
    await catchUp()
    const { paidUntil } = license.facts.billing
    test.time.now = Number(paidUntil)
    expect(await overview()).toMatchObject({ states: { active: 1, expired: 0 } })
    test.time.now = Number(paidUntil) + 60_000
    expect(await overview()).toMatchObject({ states: { active: 0, expired: 1 } })
  })

  it('counts trials and grace periods', async () => {
    const item = (id: string, billing: object) =>
      toLicenseItem(
        aLicense({
          id: `lic_${id}` as never,
          facts: { ...aLicense().facts, billing: { paidUntil: NOW, ...billing } as never },
        }),
      )
    const records = [
      item('trial', { status: 'trialing', paidUntil: NOW + DAY_MS }),
      item('grace', { status: 'past_due', graceUntil: NOW + 5 * DAY_MS }),
      item('pending', { status: 'pending' }),
    ]
    await put(records)
    await catchUp()
    expect(await overview()).toMatchObject({
      states: { active: 1, grace: 1, pending: 1 },
      trials: 1,
      total: 3,
      expiringSoon: 2,
    })
    expect(await overview()).toEqual(await computeOverview())
  })

  it('has the same cost for 100 licenses as for 10', async () => {
    const costOf = async () => {
      test.units.length = 0
      await overview()
      return test.units.reduce((sum, { read, write }) => sum + read + write, 0)
    }
    const spread = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        toLicenseItem(
          aLicense({
            id: `lic_${count}_${index}` as never,
            facts: {
              ...aLicense().facts,
              billing: {
                status: 'paid',
                paidUntil: NOW + (index % 10) * 3 * DAY_MS + index * 60_000,
              },
            },
          }),
        ),
      )
    await put(spread(10))
    await catchUp()
    test.time.now += 29 * DAY_MS
    const some = await costOf()
    await put(spread(100))
    await catchUp()
    expect(await overview()).toMatchObject({ total: 110 })
    expect(await costOf()).toBe(some)
    expect(some).toBeLessThan(20)
  })
})

async function put(items: readonly Record<string, unknown>[]) {
  const client = aDocumentClient()
  for (const Item of items) await client.send(new PutCommand({ TableName: test.table, Item }))
}

describe('the stream consumer counts each license once', () => {
  it('when records are repeated, whole or in parts', async () => {
    await aBusiness()
    const records = await streamOf(test.table)
    for (let start = 0; start < records.length; start += 7) {
      await follow(records.slice(start, start + 7))
      await follow(records.slice(Math.max(0, start - 3), start + 5))
    }
    await follow(records)
    await follow(records)
    expect(await overview()).toEqual(await computeOverview())
  })

  it('when records arrive in any order', async () => {
    await aBusiness()
    const records = await streamOf(test.table)
    for (const record of records.toReversed()) await follow([record])
    expect(await overview()).toEqual(await computeOverview())
  })

  it('when several functions process the records concurrently', async () => {
    await aBusiness()
    const records = await streamOf(test.table)
    const all = async () => {
      let left = records
      for (let tries = 0; tries < 20 && left.length > 0; tries++) {
        const { batchItemFailures } = await follow(left)
        const from = batchItemFailures[0]?.itemIdentifier
        left = from === undefined ? [] : left
      }
      expect(left).toEqual([])
    }
    await Promise.all([all(), all(), all(), all()])
    expect(await overview()).toEqual(await computeOverview())
  })

  it('when a function is interrupted after counting', async () => {
    await aBusiness()
    const records = await streamOf(test.table)
    const { summary } = test.runtime
    const interrupted: Runtime = {
      ...test.runtime,
      summary: {
        ...summary,
        async count(licenses) {
          await summary.count(licenses.slice(0, 5))
          throw new StoreUnavailable(new Error('down'))
        },
      },
    }
    const first = records[0]?.dynamodb?.SequenceNumber
    expect(await follow(records, interrupted)).toEqual({
      batchItemFailures: [{ itemIdentifier: first }],
    })
    await catchUp()
    expect(await overview()).toEqual(await computeOverview())
  })

  it('and skips and reports a malformed record', async () => {
    await aBusiness()
    const records = await streamOf(test.table)
    const [one] = records.filter(({ dynamodb }) => dynamodb?.NewImage?.['facts'])
    const odd = structuredClone(one) as DynamoDBRecord
    Object.assign(odd.dynamodb?.NewImage ?? {}, { facts: { S: 'nonsense' } })
    expect(await follow([{}, odd, ...records])).toEqual(DONE)
    expect(await overview()).toEqual(await computeOverview())
    expect(test.counts.at(-1)).toBe(JSON.stringify({ name: 'StreamRecordFailed' }))
  })

  it('when records of an earlier version have the keys of an index', async () => {
    const ids = await aBusiness()
    await catchUp()

    const old = (await allItems(test.table))
      .filter(({ sk }) => sk === 'COUNTED')
      .map(({ counted, ...item }) => ({ ...item, ...(counted as object) }))
    expect(old[0]).toMatchObject({ tier: expect.any(String), createdAt: expect.any(Number) })
    await put(old)
    await act(ids[0] ?? '', 'suspend')
    await catchUp()
    expect(await overview()).toEqual(await computeOverview())
    const left = (await allItems(test.table)).filter(({ sk, tier }) => sk === 'COUNTED' && tier)
    expect(left).toHaveLength(old.length - 1)
  })

  it('when the database is temporarily unavailable', async () => {
    await aBusiness()
    const nowhere = createSummaryStore(aStoreTable('nowhere', 'http://127.0.0.1:1'))
    const records = await streamOf(test.table)
    const { batchItemFailures } = await follow(records, { ...test.runtime, summary: nowhere })
    expect(batchItemFailures).toHaveLength(1)
    await catchUp()
    expect(await overview()).toEqual(await computeOverview())
  })
})
