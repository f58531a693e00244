import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHandler as createDevices } from '../../../functions/devices.ts'
import { createHandler as createGenerate } from '../../../functions/generate.ts'
import { createKeyRuntime, type KeyRuntime } from '../../../lib/lambda/keyRuntime.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { lean } from '../../support/lean.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { allItems } from '../../support/table.ts'

const ORDER = { userId: 'Ünï 😀 "q"', userEmail: 'ünï@example.com', tier: 'pro', duration: 30 }
const ROOT = { authorization: 'Bearer test_admin_token' }
const repeated = (key: string) => ({ ...ROOT, 'idempotency-key': key })

let tests: readonly TestRuntime[] = []
let runtimes: readonly KeyRuntime[] = []

beforeAll(async () => {
  const [without, by] = [await aRuntime(), await aRuntime()]
  tests = [without, by]
  runtimes = [lean(without, createKeyRuntime), by.runtime]
})
afterAll(() => Promise.all(tests.map((test) => test.stop())))

/** Sends the same to both, each on a table of its own, and answers what both said. */
async function both(route: string, body: unknown, headers: Record<string, string> = {}) {
  const ip = `192.0.2.${Math.floor(Math.random() * 256)}`
  const createHandler = route === '/api/generate' ? createGenerate : createDevices
  const [without, by] = await Promise.all(
    runtimes.map((runtime) =>
      createHandler(runtime)(aPost(body, { route, headers, ip }), aContext()),
    ),
  )
  expect(without).toEqual(by)
  if (!without) throw new Error('Nobody answered')
  return { status: without.statusCode, body: bodyOf(without) }
}

it('is issued without the SDK as with it, also again and at the same moment', async () => {
  const asked: [order: object, headers: Record<string, string>, status: number][] = [
    [ORDER, {}, 401],
    [ORDER, { authorization: 'Bearer wrong' }, 401],
    [{ ...ORDER, tier: 'none' }, ROOT, 400],
    [ORDER, ROOT, 200],
    // In the same second, which makes the same key.
    [ORDER, ROOT, 200],
    [{ ...ORDER, paymentIntentId: 'pi_1' }, ROOT, 200],
    [{ ...ORDER, paymentIntentId: 'pi_1' }, ROOT, 200],
    [ORDER, repeated('key_1'), 200],
    [ORDER, repeated('key_1'), 200],
    [{ ...ORDER, duration: 31 }, repeated('key_1'), 409],
  ]
  const keys = new Set<string>()
  for (const [order, headers, status] of asked) {
    const answer = await both('/api/generate', order, headers)
    expect(answer.status).toBe(status)
    if (status === 200) keys.add(answer.body.license)
  }
  expect(keys.size).toBe(4)
  const kinds = tests.map(async ({ table }) =>
    (await allItems(table)).map(({ sk }) => `${sk}`.slice(0, 6)).toSorted(),
  )
  const [without, by] = await Promise.all(kinds)
  expect(without).toEqual(by)
})

it('takes seats and gives them back without the SDK as with it', async () => {
  for (const { time } of tests) time.now += DAY_MS
  const { body } = await both('/api/generate', { ...ORDER, tier: 'pro' }, ROOT)
  const { license } = body
  const codes: string[] = []
  async function device(route: string, deviceId: string | undefined, nonce?: string) {
    const answer = await both(`/api/${route}`, { license, deviceId, nonce })
    codes.push(`${route} ${answer.status} ${answer.body.code ?? ''}`.trim())
  }
  for (const deviceId of ['first', 'second', 'third', 'fourth']) await device('activate', deviceId)
  await device('activate', 'first', 'x'.repeat(16))
  await device('devices', undefined)
  await device('deactivate', 'second')
  await device('deactivate', 'second')
  await device('activate', 'fourth')
  expect(codes).toEqual([
    'activate 200',
    'activate 200',
    'activate 200',
    'activate 409 DEVICE_LIMIT_REACHED',
    'activate 200',
    'devices 200',
    'deactivate 200',
    'deactivate 200',
    'activate 200',
  ])
})
