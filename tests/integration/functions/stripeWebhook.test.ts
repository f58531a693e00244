import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler } from '../../../functions/stripeWebhook.ts'
import { evaluate, type License } from '../../../lib/license/index.ts'
import { fromLicenseItem } from '../../../lib/store/item.ts'
import { createStores } from '../../../lib/store/stores.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'
import { allItems, aStoreTable } from '../../support/table.ts'

let test: TestRuntime

beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.commands.length = 0
  test.lines.length = 0
  test.counts.length = 0
})
afterAll(() => test.stop())

async function send(payload: string, header: string | undefined, base64 = false) {
  const event = aPost(payload, {
    route: '/webhooks/stripe',
    headers: { 'stripe-signature': header },
    base64,
  })
  const response = await createHandler(test.runtime)(event, aContext())
  return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
}

function sendSigned(event: object, base64 = false) {
  const payload = JSON.stringify(event)
  return send(payload, aSignature(payload), base64)
}

let events = 0
const aPurchaseOf = (name: string, session = {}) =>
  aCheckout(
    { id: `cs_${name}`, payment_intent: `pi_${name}`, ...session },
    { id: `evt_${name}_${events++}` },
  )

async function licensesOf(paymentIntentId: string): Promise<License[]> {
  const items = await allItems(test.table)
  return items
    .filter(({ sk, paymentIntentId: id }) => sk === 'LICENSE' && id === paymentIntentId)
    .map(fromLicenseItem)
}

async function generate(body: object) {
  const headers = { authorization: 'Bearer test_admin_token' }
  const event = aPost(body, { route: '/api/generate', headers })
  const response = await createGenerateHandler(test.runtime)(event, aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}

describe('POST /webhooks/stripe for a paid one-time checkout', () => {
  it('issues the license', async () => {
    expect(await sendSigned(aPurchaseOf('paid'))).toMatchObject({
      status: 200,
      body: { received: true },
    })
    const [license, ...others] = await licensesOf('pi_paid')
    expect(others).toEqual([])
    expect(license).toMatchObject({
      userId: 'user_123',
      userEmail: 'buyer@example.com',
      tier: 'pro',
      origin: { subject: 'user_123' },
    })
    expect(license && evaluate(license.facts, NOW)).toEqual({
      state: 'active',
      expiresAt: NOW + 30 * 24 * 60 * 60 * 1000,
    })
  })

  it('never returns a key', async () => {
    const { body } = await sendSigned(aPurchaseOf('secret'))
    expect(body).toEqual({
      received: true,
      effect: 'issued',
      licenseId: expect.stringMatching(/^lic_/),
      alerts: [],
    })
    expect(JSON.stringify(body) + test.lines.join()).not.toMatch(/QF-/)
  })

  it('issues one license for concurrent and repeated events', async () => {
    const events = Array.from({ length: 6 }, (_, index) => ({
      ...aPurchaseOf('often'),
      id: `evt_often_${index}`,
    }))
    const responses = await Promise.all(events.map((event) => sendSigned(event)))
    await sendSigned(events[0] ?? {})
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200))
    expect(await licensesOf('pi_often')).toHaveLength(1)
  })

  it('shares one license with the vendor’s server, in any order', async () => {
    const order = { userId: 'user_123', tier: 'pro', paymentIntentId: 'pi_both' }
    const first = await generate(order)
    await sendSigned(aPurchaseOf('both'))
    expect(await licensesOf('pi_both')).toHaveLength(1)

    await sendSigned(aPurchaseOf('hook_first'))
    const second = await generate({ ...order, paymentIntentId: 'pi_hook_first' })
    expect([first.status, second.status]).toEqual([200, 200])
    expect(await licensesOf('pi_hook_first')).toHaveLength(1)
  })

  it('issues the license without an invalid email address', async () => {
    const email = `${'日'.repeat(490)}@x.example`
    const { status } = await sendSigned(
      aPurchaseOf('unmailable', { customer_details: { email }, customer_email: null }),
    )
    expect(status).toBe(200)
    expect(await licensesOf('pi_unmailable')).toMatchObject([{ userEmail: null }])
  })

  it('reads a base64-encoded body', async () => {
    await sendSigned(aPurchaseOf('encoded'), true)
    expect(await licensesOf('pi_encoded')).toHaveLength(1)
  })

  it('issues an unassigned license without a user', async () => {
    await sendSigned(aPurchaseOf('unnamed', { metadata: { tier: 'elite' } }))
    expect(await licensesOf('pi_unnamed')).toMatchObject([
      { userId: null, userEmail: 'buyer@example.com', origin: { subject: 'pi:pi_unnamed' } },
    ])
  })

  it.each([
    ['no tier', { userId: 'user_123' }, 'TIER_MISSING'],
    ['an unknown tier', { userId: 'user_123', tier: 'platinum' }, 'TIER_UNKNOWN'],
  ])(
    'keeps a purchase with %s unmatched until its license is issued',
    async (_, metadata, issue) => {
      const name = issue.toLowerCase()
      expect(await sendSigned(aPurchaseOf(name, { metadata }))).toMatchObject({ status: 200 })
      expect(await licensesOf(`pi_${name}`)).toEqual([])
      expect(test.lines.join()).toContain(`"level":"warn"`)
      const record = (await allItems(test.table)).find(({ pk }) => pk === `STRIPE#pi_${name}`)
      expect(record).toMatchObject({
        body: {
          alerts: [issue],
          facts: { sessions: { [`cs_${name}`]: { email: 'buyer@example.com' } } },
        },
      })
      expect(test.counts).toContain(JSON.stringify({ name: 'StripeAlert', alert: issue }))
      expect(test.counts).toContain(JSON.stringify({ name: 'PurchaseParked' }))

      const order = { userId: 'user_123', tier: 'pro', paymentIntentId: `pi_${name}` }
      expect(await generate(order)).toMatchObject({ status: 200 })
      await sendSigned(aPurchaseOf(name, { metadata }))
      expect(await licensesOf(`pi_${name}`)).toHaveLength(1)
    },
  )

  it('alerts about a payment whose license belongs to another user', async () => {
    await generate({ userId: 'user_other', tier: 'pro', paymentIntentId: 'pi_taken' })
    test.lines.length = 0
    expect(await sendSigned(aPurchaseOf('taken'))).toMatchObject({ status: 200 })
    expect(test.lines.join()).toContain('"alerts":["LICENSE_CONFLICT"]')
    expect(await licensesOf('pi_taken')).toHaveLength(1)
  })
})

describe('POST /webhooks/stripe for other events', () => {
  it.each([
    ['a checkout in setup mode', aCheckout({ mode: 'setup' })],
    ['an event of the live mode', aCheckout({}, { livemode: true })],
    ['another type', aCheckout({}, { type: 'customer.created' })],
    ['an empty session', { ...aCheckout(), data: { object: {} } }],
    ['an unknown type', { ...aCheckout(), type: 'license.teleported' }],
  ])('accepts %s and does nothing', async (_, event) => {
    expect(await sendSigned(event)).toMatchObject({ status: 200, body: { received: true } })
    expect(test.commands).toEqual([])
  })
})

describe('an invalid POST /webhooks/stripe', () => {
  const payload = JSON.stringify(aPurchaseOf('forged'))
  it.each([
    ['no signature', undefined],
    ['a malformed signature', 'hello'],
    ['an empty signature', ''],
    ['a signature by another secret', aSignature(payload, { secret: 'whsec_other' })],
    ['a signature of another body', aSignature(`${payload} `)],
    ['a signature of six minutes ago', aSignature(payload, { at: NOW - 360_000 })],
    ['a signature of six minutes ahead', aSignature(payload, { at: NOW + 360_000 })],
  ])('with %s is refused before anything is read', async (_, header) => {
    expect(await send(payload, header)).toMatchObject({
      status: 400,
      body: { error: 'Invalid signature', code: 'INVALID_SIGNATURE', retryable: false },
    })
    expect(test.commands).toEqual([])
  })

  it.each([
    ['{"id":', 'INVALID_SIGNATURE'],
    ['', 'INVALID_SIGNATURE'],
    ['[]', 'INVALID_REQUEST'],
    ['null', 'INVALID_REQUEST'],
    ['"text"', 'INVALID_REQUEST'],
    ['{}', 'INVALID_REQUEST'],
    ['{"type":"checkout.session.completed"}', 'INVALID_REQUEST'],
    ['{"id":"evt_1","type":"checkout.session.completed","data":{}}', 'INVALID_REQUEST'],
    [
      '{"id":"evt_1","type":"checkout.session.completed","data":{"object":null}}',
      'INVALID_REQUEST',
    ],
  ])('is refused if its signed body is %j', async (body, code) => {
    expect(await send(body, aSignature(body))).toMatchObject({ status: 400, body: { code } })
    expect(test.commands).toEqual([])
  })

  it('is refused above 1 MiB', async () => {
    const body = 'x'.repeat(1024 * 1024 + 1)
    expect(await send(body, aSignature(body))).toMatchObject({
      status: 413,
      body: { code: 'TOO_LARGE' },
    })
  })

  it('never has a CORS header', async () => {
    const response = await send(payload, undefined)
    expect(response.headers).not.toHaveProperty('Access-Control-Allow-Origin')
  })
})

describe('the metrics', () => {
  const counted = (...names: string[]) =>
    test.counts.map((count) => JSON.parse(count)).filter(({ name }) => names.includes(name))
  const type = 'checkout.session.completed'

  it('count the outcome of each event by type, and issued licenses', async () => {
    const event = aPurchaseOf('counted')
    await sendSigned(event)
    await sendSigned(event)
    await sendSigned({ ...event, id: 'evt_counted_other', type: 'payout.paid' })
    expect(counted('StripeEvent', 'Issued', 'Duplicates', 'PurchaseParked')).toEqual([
      { name: 'Issued', tier: 'pro' },
      { name: 'StripeEvent', type, outcome: 'issued' },
      { name: 'StripeEvent', type, outcome: 'repeated' },
      { name: 'Duplicates' },
      { name: 'StripeEvent', type: 'other', outcome: 'ignored' },
    ])
  })

  it('count failures and invalid signatures', async () => {
    const down = {
      ...test.runtime,
      ...createStores(aStoreTable(test.table, 'http://127.0.0.1:1')),
    }
    const payload = JSON.stringify(aPurchaseOf('failed'))
    const headers = { 'stripe-signature': aSignature(payload) }
    const event = aPost(payload, { route: '/webhooks/stripe', headers })
    expect(await createHandler(down)(event, aContext())).toMatchObject({ statusCode: 503 })
    expect(await send(payload, 't=1,v1=00')).toMatchObject({ status: 400 })
    const withoutSecret = {
      ...test.runtime,
      secretIds: { ...test.runtime.secretIds, stripe: 'test/none' },
    }
    expect(await createHandler(withoutSecret)(event, aContext())).toMatchObject({ statusCode: 503 })
    expect(counted('StripeEvent', 'WebhookFailed', 'WebhookUnsigned', 'Problem')).toEqual([
      { name: 'StripeEvent', type, outcome: 'failed' },
      { name: 'Problem', code: 'UNAVAILABLE' },
      { name: 'WebhookFailed' },
      { name: 'WebhookUnsigned' },
      { name: 'Problem', code: 'INVALID_SIGNATURE' },
      { name: 'Problem', code: 'UNAVAILABLE' },
      { name: 'WebhookFailed' },
    ])
  })
})
