import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { compactVerify, importJWK } from 'jose'
import { createHandler as createAdminHandler } from '../../../functions/admin.ts'
import { createHandler } from '../../../functions/licenseChanges.ts'
import { createHandler as createWellKnownHandler } from '../../../functions/wellKnown.ts'
import type { Runtime } from '../../../lib/lambda/runtime.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { StoreUnavailable } from '../../../lib/license/store.ts'
import { signingKeyOf } from '../../../lib/signing/key.ts'
import { toKey } from '../../../lib/signing/secret.ts'
import { createRevocationStore } from '../../../lib/store/revocations.ts'
import { aContext, aRequest, bodyOf } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { streamOf } from '../../support/stream.ts'
import { allItems, aStoreTable } from '../../support/table.ts'

let test: TestRuntime
beforeEach(async () => {
  test = await aRuntime({}, { hasStream: true })
})
afterEach(() => test.stop())

const follow = (Records: DynamoDBRecord[], runtime: Runtime = test.runtime) =>
  createHandler(runtime)({ Records } as DynamoDBStreamEvent, aContext())

/** Passes every record of the stream to the function. */
const catchUp = async () => follow(await streamOf(test.table))

async function act(id: string, action: string, body: object = {}) {
  const event = aRequest('POST', `/api/admin/licenses/${id}/${action}`, {
    headers: { authorization: 'Bearer test_admin_token' },
    body: { reason: 'x', ...body },
  })
  const response = await createAdminHandler(test.runtime)(event, aContext())
  expect(response.statusCode).toBe(200)
  return bodyOf(response)
}

async function get(path: string, runtime = test.runtime) {
  return createWellKnownHandler(runtime)(aRequest('GET', path), aContext())
}

async function list() {
  const response = await get('/.well-known/revocations.jwt')
  const { publicJwk } = await signingKeyOf(toKey('test_signing_key'))
  const key = await importJWK({ ...publicJwk })
  const { payload, protectedHeader } = await compactVerify(response.body ?? '', key)
  expect(protectedHeader).toEqual({
    alg: 'EdDSA',
    typ: 'license-revocations+jwt',
    kid: publicJwk.kid,
  })
  return JSON.parse(new TextDecoder().decode(payload))
}

const nameOf = (id: string) => id.slice(4, 16)

describe('the list of revocations', () => {
  it('is empty and signed without revocations', async () => {
    expect(await list()).toEqual({ number: 0, revoked: {}, iat: NOW / 1000 })
  })

  it('has a revoked license once, however often its record arrives', async () => {
    const { license } = await issued(test.runtime.store)
    const other = await issued(test.runtime.store, { userId: 'user_other' })
    test.time.now = NOW + 1500
    await act(license.id, 'revoke')
    await act(other.license.id, 'extend', { days: 3 })
    expect(await catchUp()).toEqual({ batchItemFailures: [] })
    const once = await list()
    expect(once).toEqual({
      number: 1,
      revoked: { [nameOf(license.id)]: NOW / 1000 + 1 },
      iat: NOW / 1000 + 1,
    })
    await catchUp()
    expect(await list()).toEqual(once)
  })

  it('has the time of the last revocation, and drops a reinstated license', async () => {
    const { license } = await issued(test.runtime.store)
    const name = nameOf(license.id)
    const seen = []
    for (const [hour, action] of ['revoke', 'reinstate', 'suspend'].entries()) {
      test.time.now = NOW + (hour + 1) * 3_600_000
      await act(license.id, action)
      await catchUp()
      // Records arrive repeatedly.
      await catchUp()
      seen.push(await list())
    }
    expect(seen).toMatchObject([
      { number: 1, revoked: { [name]: NOW / 1000 + 3600 } },
      { number: 2, revoked: {} },
      { number: 3, revoked: { [name]: NOW / 1000 + 3 * 3600 } },
    ])
  })

  it('keeps a license whose key was replaced at once, whatever follows', async () => {
    const { license } = await issued(test.runtime.store)
    await act(license.id, 'reissue')
    test.time.now += 5000
    await act(license.id, 'suspend')
    test.time.now += 5000
    await act(license.id, 'reinstate')
    await catchUp()
    expect(Object.keys((await list()).revoked)).toEqual([nameOf(license.id)])
  })

  it('keeps a license whose key was replaced while it was suspended', async () => {
    const { license } = await issued(test.runtime.store)
    for (const action of ['suspend', 'reissue', 'reinstate']) {
      test.time.now += 5000
      await act(license.id, action)
    }
    await catchUp()
    expect(Object.keys((await list()).revoked)).toEqual([nameOf(license.id)])
  })

  it('drops an entry that every lease has outlived, before DynamoDB deletes it', async () => {
    const { license } = await issued(test.runtime.store)
    await act(license.id, 'revoke')
    await catchUp()
    test.time.now = NOW + 14 * DAY_MS - 1
    expect(Object.keys((await list()).revoked)).toHaveLength(1)
    test.time.now = NOW + 15 * DAY_MS
    expect(await list()).toMatchObject({ number: 1, revoked: {} })
    const [entry] = (await allItems(test.table)).filter(({ sk }) => sk === `LICENSE#${license.id}`)
    expect(Number(entry?.['ttl']) - (NOW + 14 * DAY_MS) / 1000).toBeLessThanOrEqual(1)
  })

  it('is read from the table at most every 10 seconds', async () => {
    const handler = createWellKnownHandler(test.runtime)
    const ask = () => handler(aRequest('GET', '/.well-known/revocations.jwt'), aContext())
    test.commands.length = 0
    for (let times = 0; times < 10; times++) await ask()
    expect(test.commands).toEqual(['QueryCommand'])
    test.time.now += 10_000
    await ask()
    expect(test.commands).toHaveLength(2)
  })

  it('has no license whose old key stays valid for a while', async () => {
    const leaked = await issued(test.runtime.store)
    const calm = await issued(test.runtime.store, { userId: 'user_calm' })
    await act(leaked.license.id, 'reissue')
    await act(calm.license.id, 'reissue', { overlapHours: 24 })
    await catchUp()
    expect(Object.keys((await list()).revoked)).toEqual([nameOf(leaked.license.id)])
  })

  it('can be read from every page, and cached', async () => {
    const { headers } = await get('/.well-known/revocations.jwt')
    expect(headers).toMatchObject({
      'content-type': 'application/jwt',
      'access-control-allow-origin': '*',
      'cache-control': expect.stringContaining('public, max-age=60'),
    })
  })

  it('is not cached while it is unavailable', async () => {
    const nowhere = createRevocationStore(aStoreTable('nowhere', 'http://127.0.0.1:1'))
    const { statusCode, headers } = await get('/.well-known/revocations.jwt', {
      ...test.runtime,
      revocations: nowhere,
    })
    expect(statusCode).toBe(503)
    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
  })
})

describe('the stream', () => {
  it('is retried from the failed record on', async () => {
    const ids: string[] = []
    for (const userId of ['a', 'b', 'c']) {
      const { license } = await issued(test.runtime.store, { userId })
      await act(license.id, 'revoke')
      ids.push(license.id)
    }
    const records = await streamOf(test.table)
    const { revocations } = test.runtime
    const flaky: Runtime = {
      ...test.runtime,
      revocations: {
        ...revocations,
        add: (revocation) =>
          revocation.licenseId === ids[1]
            ? Promise.reject(new StoreUnavailable(new Error('down')))
            : revocations.add(revocation),
      },
    }
    const { batchItemFailures } = await follow(records, flaky)
    expect(Object.keys((await list()).revoked)).toEqual([nameOf(ids[0] ?? '')])
    const from = records.findIndex(
      ({ dynamodb }) => dynamodb?.SequenceNumber === batchItemFailures[0]?.itemIdentifier,
    )
    expect(await follow(records.slice(from))).toEqual({ batchItemFailures: [] })
    expect(Object.keys((await list()).revoked).sort()).toEqual(ids.map(nameOf).sort())
  })

  it('continues after a record that fails permanently, and counts it', async () => {
    const { license } = await issued(test.runtime.store)
    await act(license.id, 'revoke')
    const records = await streamOf(test.table)
    const [change] = records.filter(({ dynamodb }) => dynamodb?.OldImage?.['facts'])
    const odd = structuredClone(change) as DynamoDBRecord
    Object.assign(odd.dynamodb?.NewImage ?? {}, { facts: { S: 'nonsense' } })
    expect(await follow([odd, ...records])).toEqual({ batchItemFailures: [] })
    expect(Object.keys((await list()).revoked)).toHaveLength(1)
    expect(test.counts.at(-1)).toBe(JSON.stringify({ name: 'StreamRecordFailed' }))
    expect(test.lines.join()).toContain('stream record failed')
  })

  it('drops late counters, but no revocation, and counts both', async () => {
    const { license } = await issued(test.runtime.store)
    await act(license.id, 'revoke')
    const records = await streamOf(test.table)
    const aged = (minutes: number) =>
      records.map(({ dynamodb, ...record }): DynamoDBRecord => {
        const at = test.time.now / 1000 - minutes * 60
        return { ...record, dynamodb: { ...dynamodb, ApproximateCreationDateTime: at } }
      })
    const down = () => Promise.reject(new StoreUnavailable(new Error('down')))
    const { summary, revocations } = test.runtime
    const uncounted: Runtime = { ...test.runtime, summary: { ...summary, count: down } }
    test.counts.length = 0
    const from = [{ itemIdentifier: records[0]?.dynamodb?.SequenceNumber }]

    expect(await follow(aged(9), uncounted)).toEqual({ batchItemFailures: from })
    expect(test.counts).toEqual([])
    expect(await follow(aged(11), uncounted)).toEqual({ batchItemFailures: [] })
    expect(test.counts).toEqual([JSON.stringify({ name: 'StreamRecordFailed' })])
    expect(Object.keys((await list()).revoked)).toEqual([nameOf(license.id)])

    const unlisted: Runtime = { ...test.runtime, revocations: { ...revocations, add: down } }
    expect((await follow(aged(11), unlisted)).batchItemFailures).toHaveLength(1)
    expect(test.counts).toHaveLength(2)
  })

  it('ignores records that change no license', async () => {
    const { license } = await issued(test.runtime.store)
    await act(license.id, 'note')
    expect(await follow([{}, { dynamodb: {} }, ...(await streamOf(test.table))])).toEqual({
      batchItemFailures: [],
    })
    expect(await list()).toMatchObject({ number: 0 })
  })
})
