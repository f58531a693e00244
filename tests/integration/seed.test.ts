/** The faults of the prototype, which stay fixed, and the responses that differ from it on purpose. */

import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createGenerateHandler } from '../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../functions/verify.ts'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import { DAY_MS } from '../../lib/license/index.ts'
import type { LicenseStore } from '../../lib/license/store.ts'
import { createStores } from '../../lib/store/stores.ts'
import { aContext, aPost, bodyOf } from '../support/http.ts'
import { aRuntime, type TestRuntime } from '../support/runtime.ts'
import { aCheckout, aSignature } from '../support/stripe.ts'
import { allItems, aStoreTable } from '../support/table.ts'

const TOKEN = { authorization: 'Bearer test_admin_token' }

let test: TestRuntime

beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.time.now += 60_000
})
afterAll(() => test.stop())

async function generate(body: unknown, headers: Record<string, string> = TOKEN) {
  const event = aPost(body, { route: '/api/generate', headers })
  const response = await createGenerateHandler(test.runtime)(event, aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}

async function verify(license: string, runtime = test.runtime) {
  const response = await createVerifyHandler(runtime)(aPost({ license }), aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}

async function webhook(event: object) {
  const body = JSON.stringify(event)
  const headers = { 'stripe-signature': aSignature(body, { at: test.time.now }) }
  const request = aPost(body, { route: '/webhooks/stripe', headers })
  const response = await createWebhookHandler(test.runtime)(request, aContext())
  return { status: response.statusCode, body: bodyOf(response), text: response.body }
}

const second = () => Math.floor(test.time.now / 1000)

/** Returns a runtime with another `find`. */
function withFind(find: LicenseStore['find']): AdminRuntime {
  const { runtime } = test
  return {
    ...runtime,
    rateLimited: (counters) => {
      const rateLimited = runtime.rateLimited(counters)
      return { ...rateLimited, store: { ...rateLimited.store, find } }
    },
  }
}

describe('the faults of the prototype', () => {
  it('forged signature: a key that was never issued is invalid, whatever its signature', async () => {
    const made = createHmac('sha256', 'test_master_key')
      .update(`nobody:lifetime:${second()}`)
      .digest('hex')
      .slice(0, 12)
    for (const signature of ['zzzzzzzzzzzz', '000000000000', made]) {
      const { status, body } = await verify(`QF-LIFETIME-${signature}-${second()}`)
      expect(status).toBe(401)
      expect(body).toMatchObject({ valid: false, code: 'NOT_FOUND' })
    }
  })

  it('forged signature: changing any part of a key makes it invalid', async () => {
    const { license } = (await generate({ userId: 'forger', tier: 'free' })).body
    const [, , signature = '', time = ''] = license.split('-')
    const flipped = `${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}`
    for (const forged of [
      `QF-ELITE-${signature}-${time}`,
      `QF-FREE-${flipped}-${time}`,
      `QF-FREE-${signature}-${Number(time) + 1}`,
    ]) {
      expect((await verify(forged)).body).toMatchObject({ valid: false, code: 'NOT_FOUND' })
    }
    expect((await verify(license)).body.valid).toBe(true)
  })

  it('attacker-chosen expiry: the record determines it, not the key', async () => {
    const { license } = (await generate({ userId: 'timer', tier: 'elite', duration: 1 })).body
    const later = license.replace(/\d+$/, `${second() + 10 ** 9}`)
    expect((await verify(later)).body.valid).toBe(false)
    test.time.now += DAY_MS + 1001
    expect((await verify(license)).body).toMatchObject({ valid: false, code: 'EXPIRED' })
  })

  it('same-second overwrite: two licenses of one user, tier and second are distinct', async () => {
    const order = { userId: 'twice', tier: 'pro' }
    const [first, other] = [await generate(order), await generate({ ...order, duration: 300 })]
    expect(first.body.license).not.toBe(other.body.license)
    const expiries = [await verify(first.body.license), await verify(other.body.license)]
    expect(
      expiries.map(({ body }) => Math.round((body.expiresAt - test.time.now) / DAY_MS)),
    ).toEqual([30, 300])
  })

  it('store empty after a restart: a new process responds as the old one', async () => {
    const { license } = (await generate({ userId: 'stayer', tier: 'pro', duration: 7 })).body
    const old = await verify(license)
    const restarted = await aRuntime(createStores(aStoreTable(test.table)))
    restarted.time.now = test.time.now
    expect(await verify(license, restarted.runtime)).toEqual(old)
    await restarted.stop()
    expect(old.body).toMatchObject({ valid: true, userId: 'stayer' })
  })

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer test_admin_tokem' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic test_admin_token' }],
  ])('unauthenticated generate: with %s nothing is issued', async (_, headers) => {
    const kept = async () =>
      (await allItems(test.table)).filter(({ pk }) => !`${pk}`.startsWith('TRIES#'))
    const before = await kept()
    const { status, body } = await generate({ userId: 'thief', tier: 'lifetime' }, headers as never)
    expect(status).toBe(401)
    expect(body).toEqual({
      error: 'A valid API token is required',
      code: 'UNAUTHORIZED',
      retryable: false,
    })
    expect(await kept()).toEqual(before)
  })

  it('unauthenticated generate: the token is checked before the body', async () => {
    expect((await generate('{"userId":', {})).status).toBe(401)
  })

  it('stack text in an error: a server error shows a code and nothing else', async () => {
    const broken = withFind(() =>
      Promise.reject(new TypeError('at secret place (/var/task/index.mjs:1:1)')),
    )
    const { status, body } = await verify(`QF-PRO-0123456789ab-${second()}`, broken)
    expect(status).toBe(500)
    expect(body).toEqual({ error: 'Something went wrong', code: 'INTERNAL', retryable: true })
    expect(test.lines.join()).toContain('at secret place')
  })

  it.each([['{"userId":'], ['{"userId":"x","tier":"pro"} trailing'], ['\u0000']])(
    'stack text in an error: the response to %j repeats neither the body nor the parser',
    async (body) => {
      const answer = await generate(body)
      expect(answer.status).toBe(400)
      expect(JSON.stringify(answer.body)).not.toMatch(/Unexpected|position|SyntaxError|\bat /)
    },
  )
})

describe('differences from the prototype', () => {
  it('a webhook response contains no key, because Stripe keeps it in the delivery log', async () => {
    const { status, text } = await webhook(aCheckout())
    expect(status).toBe(200)
    expect(JSON.parse(`${text}`)).toMatchObject({ received: true, effect: 'issued' })
    expect(text).not.toMatch(/QF-|[0-9a-f]{12}/)
  })

  it('a purchase gets one license, whatever the number of its events', async () => {
    const event = (id: string) => aCheckout({ payment_intent: 'pi_once' }, { id })
    await webhook(event('evt_a'))
    await webhook(event('evt_a'))
    await webhook(event('evt_b'))
    const licenses = (await allItems(test.table)).filter(
      ({ sk, paymentIntentId }) => sk === 'LICENSE' && paymentIntentId === 'pi_once',
    )
    expect(licenses).toHaveLength(1)
  })

  it('an unknown tier is refused instead of sold with the features of the free one', async () => {
    expect(await generate({ userId: 'user_123', tier: 'platinum' })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', fields: [{ path: 'tier' }] },
    })
  })

  it('the tier of the record counts, and the key stays the same', async () => {
    const { license } = (await generate({ userId: 'mover', tier: 'pro' })).body
    const upgraded = withFind(async (id) => {
      const found = await test.runtime.store.find(id)
      return found && { ...found, tier: 'elite' }
    })
    expect((await verify(license, upgraded)).body).toMatchObject({ valid: true, tier: 'elite' })
  })
})
