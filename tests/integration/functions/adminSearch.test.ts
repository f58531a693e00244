import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../../functions/stripeWebhook.ts'
import { DAY_MS, type IssueRequest } from '../../../lib/license/index.ts'
import { askAdmin } from '../../support/admin.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'

let test: TestRuntime
let ask: ReturnType<typeof askAdmin>
beforeAll(async () => {
  test = await aRuntime()
  ask = askAdmin(test)
})
beforeEach(() => {
  test.time.now = NOW
})
afterAll(() => test.stop())

const get = (query: Record<string, string>) => ask('GET', '/licenses', { query })

interface Item {
  readonly id: string
  readonly userId: string
  readonly userEmail: string
}
/** Lists the items of all pages. */
async function all(query: Record<string, string>): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | undefined
  do {
    const page = await get({ ...query, ...(cursor !== undefined && { cursor }) })
    expect(page.status).toBe(200)
    items.push(...page.body.items)
    cursor = page.body.cursor
  } while (cursor !== undefined)
  return items
}
const users = async (query: Record<string, string>) =>
  (await all(query)).map(({ userId }) => userId)

const issue = async (order: Partial<IssueRequest>, now = NOW) =>
  (await issued(test.runtime.store, order, { now })).license.id

async function generate(body: object): Promise<string> {
  const headers = { authorization: 'Bearer test_admin_token' }
  const event = aPost(body, { route: '/api/generate', headers })
  return bodyOf(await createGenerateHandler(test.runtime)(event, aContext())).license
}

describe('a search', () => {
  beforeAll(async () => {
    await issue({ userId: 'search_1', userEmail: 'Anna.Falk@Example.com', tier: 'elite' })
    await issue({ userId: 'search_2', userEmail: 'anna.berg@example.com' })
    await issue({ userId: 'anna.zorn@example.com', userEmail: 'anna.zorn@example.com' })
    await issue({ userId: 'anna.id', userEmail: null })
    await issue({ userId: 'Anna.large', userEmail: null })
  })

  it('matches the start of an address in any case, then of a user id, each license once', async () => {
    const found = ['search_2', 'search_1', 'anna.zorn@example.com', 'anna.id']
    expect(await users({ search: 'anna.' })).toEqual(found)
    expect(await users({ search: ' anna. ' })).toEqual(found)
    expect(await users({ search: 'ANNA.F' })).toEqual(['search_1'])
    expect(await users({ search: 'Anna.l' })).toEqual(['Anna.large'])
    expect(await users({ search: 'search_' })).toEqual(['search_1', 'search_2'])
    expect(await users({ search: 'berg' })).toEqual([])
  })

  it.each(['1', '2', '3'])('returns pages of %s', async (limit) => {
    expect(await users({ search: 'anna.', limit })).toEqual([
      'search_2',
      'search_1',
      'anna.zorn@example.com',
      'anna.id',
    ])
  })

  it('can be filtered by tier and state', async () => {
    expect(await users({ search: 'anna.', tier: 'elite', limit: '1' })).toEqual(['search_1'])
    const [{ id = '' } = {}] = await all({ search: 'anna.b' })
    await ask('POST', `/licenses/${id}/suspend`, { body: { reason: 'x' } })
    expect(await users({ search: 'anna.', state: 'suspended' })).toEqual(['search_2'])
    expect(await users({ search: id, state: 'active' })).toEqual([])
  })

  it('matches the complete id of a license, payment, subscription, checkout or customer', async () => {
    const id = await issue({ userId: 'whole_1' })
    await generate({ userId: 'whole_2', tier: 'pro', paymentIntentId: 'pi_whole' })
    await generate({ userId: 'whole_3', tier: 'pro', paymentIntentId: 'sub_whole' })
    const event = aCheckout(
      { id: 'cs_whole', payment_intent: 'pi_sold', customer: 'cus_whole' },
      { id: 'evt_whole' },
    )
    const payload = JSON.stringify(event)
    const headers = { 'stripe-signature': aSignature(payload) }
    await createWebhookHandler(test.runtime)(
      aPost(payload, { route: '/webhooks/stripe', headers }),
      aContext(),
    )
    expect(await users({ search: id })).toEqual(['whole_1'])
    expect(await users({ search: 'pi_whole' })).toEqual(['whole_2'])
    expect(await users({ search: 'sub_whole' })).toEqual(['whole_3'])
    const [sold] = await all({ customer: 'cus_whole' })
    for (const whole of ['cus_whole', 'cs_whole', 'pi_sold']) {
      expect(await all({ search: whole })).toEqual([sold])
    }
    for (const none of ['pi_none', 'sub_who', 'cus_none', `lic_${'a'.repeat(52)}`]) {
      expect(await all({ search: none })).toEqual([])
    }
  })

  it('matches a user id that looks like another id', async () => {
    await issue({ userId: 'cus_tom' })
    expect(await users({ search: 'cus_t' })).toEqual(['cus_tom'])
  })

  it('returns the licenses of a customer in pages', async () => {
    for (let count = 0; count < 3; count++) {
      await test.runtime.store.commit({
        claims: [],
        license: {
          changed: await issue({ userId: `payer_${count}` }, NOW + count * 1000),
          to: { customerId: 'cus_pages' },
          audit: {
            licenseId: 'lic_x' as never,
            at: NOW,
            actor: 'token:root',
            action: 'changed',
            reason: 'x',
            requestId: 'request_1',
            before: {},
            after: {},
          },
          notices: [],
        },
        now: NOW,
      })
    }
    const found = ['payer_2', 'payer_1', 'payer_0']
    expect(await users({ search: 'cus_pages', limit: '1' })).toEqual(found)
  })

  it('returns markup in a user id unchanged', async () => {
    const userId = '<img src=x onerror=alert(1)>'
    await issue({ userId })
    expect(await users({ search: '<img' })).toEqual([userId])
  })

  it.each(['user', 'email', 'customer', 'subscription', 'device', 'expiringBefore'])(
    'cannot be combined with %s',
    async (other) => {
      expect(await get({ search: 'x', [other]: '2025-02-01' })).toMatchObject({
        status: 400,
        body: { fields: [{ path: other, message: 'cannot be combined with search' }] },
      })
    },
  )

  it.each(['', ' ', 'x'.repeat(257)])('rejects %j', async (text) => {
    expect(await get({ search: text })).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'search' }] },
    })
  })

  it('rejects a cursor outside its range', async () => {
    const { body } = await get({ search: 'anna.', limit: '1' })
    const [list, id] = JSON.parse(Buffer.from(body.cursor, 'base64url').toString())
    const positions = [['zzz', 0], ['zzz', 1], ['Anna', 0], [7.5], [null], [{}]]
    for (const position of positions) {
      const cursor = Buffer.from(JSON.stringify([list, id, ...position])).toString('base64url')
      expect(await get({ search: 'anna.', cursor })).toMatchObject({
        status: 400,
        body: { fields: [{ path: 'cursor' }] },
      })
    }
  })

  it('has a cost that does not depend on the number of licenses', async () => {
    const cost = async () => {
      test.commands.length = 0
      test.units.length = 0
      await get({ search: 'anna.', limit: '2' })
      return [test.commands.length, test.units.reduce((sum, { read }) => sum + read, 0)]
    }
    const before = await cost()
    for (let count = 0; count < 120; count++) {
      await issue({ userId: `other_${count}`, userEmail: `other_${count}@example.com` })
    }
    expect(await cost()).toEqual(before)
  })
})

describe('a sorted list', () => {
  const sorted = { tier: 'sorted' }
  const ids: string[] = []
  beforeAll(async () => {
    for (const [index, durationDays] of [30, 10, 20, -1].entries()) {
      const order = { userId: `sort_${index}`, tier: 'sorted', durationDays }
      ids.push(await issue(order, NOW + index * 1000))
    }
  })

  it.each([
    [{}, ['sort_3', 'sort_2', 'sort_1', 'sort_0']],
    [{ sort: 'created' }, ['sort_3', 'sort_2', 'sort_1', 'sort_0']],
    [{ order: 'asc' }, ['sort_0', 'sort_1', 'sort_2', 'sort_3']],
    [{ sort: 'end' }, ['sort_1', 'sort_2', 'sort_0']],
    [{ sort: 'end', order: 'desc' }, ['sort_0', 'sort_2', 'sort_1']],
    [{ sort: 'end', state: 'active', limit: '1' }, ['sort_1', 'sort_2', 'sort_0']],
    [{ expiringBefore: `${NOW + 25 * DAY_MS}`, order: 'desc' }, ['sort_2', 'sort_1']],
  ])('has the documented order with %j', async (query: Record<string, string>, expected) => {
    expect(await users({ ...sorted, ...query })).toEqual(expected)
  })

  it('finds valid licenses before their expiry, and expired ones after it', async () => {
    test.time.now = NOW + 15 * DAY_MS
    expect(await users({ ...sorted, sort: 'end', state: 'active' })).toEqual(['sort_2', 'sort_0'])
    expect(await users({ ...sorted, sort: 'end', state: 'expired' })).toEqual(['sort_1'])
    expect(await users({ ...sorted, sort: 'end' })).toEqual(['sort_1', 'sort_2', 'sort_0'])
  })

  it('accepts a cursor of another clock, or a forged one', async () => {
    test.time.now = NOW + 15 * DAY_MS
    const query = { sort: 'end', order: 'desc', state: 'expired', tier: 'sorted', limit: '1' }
    const { body } = await get(query)
    const [list, id, at] = JSON.parse(Buffer.from(body.cursor, 'base64url').toString())
    const continueAt = async (place: number) => {
      const cursor = Buffer.from(JSON.stringify([list, id, place])).toString('base64url')
      return (await get({ ...query, cursor })).status
    }
    expect(await continueAt(-5)).toBe(200)
    expect(await continueAt(Number.MAX_SAFE_INTEGER)).toBe(200)
    // The function of the next page has a clock behind that of the first.
    test.time.now = at - 1
    expect(await continueAt(at)).toBe(200)
  })

  it.each([
    [{ sort: 'end', user: 'sort_1' }, 'user'],
    [{ sort: 'created', expiringBefore: '2025-02-01' }, 'sort'],
    [{ sort: 'name' }, 'sort'],
    [{ order: 'up' }, 'order'],
  ])('rejects %j', async (query: Record<string, string>, path) => {
    expect(await get(query)).toMatchObject({ status: 400, body: { fields: [{ path }] } })
  })
})
