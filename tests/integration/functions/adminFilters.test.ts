import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { createHandler as createDevicesHandler } from '../../../functions/devices.ts'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler as createChangesHandler } from '../../../functions/licenseChanges.ts'
import { createHandler as createRecoverHandler } from '../../../functions/recover.ts'
import { createHandler as createMailHandler } from '../../../functions/sendEmail.ts'
import { createHandler as createWebhookHandler } from '../../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { LIST_ROUTES } from '../../../lib/admin/list.ts'
import { DAY_MS, type LicenseState, STATES, toDeviceKey } from '../../../lib/license/index.ts'
import { INDEXES } from '../../../lib/store/item.ts'
import type { ScenarioName } from '../../../scripts/stripe/scenarios.ts'
import { askAdmin } from '../../support/admin.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { anInbox, type Inbox } from '../../support/inbox.ts'
import { someKeys } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { buildEvents } from '../../support/scenarios.ts'
import { streamOf } from '../../support/stream.ts'
import { aSignature } from '../../support/stripe.ts'
import { aDocumentClient, allItems } from '../../support/table.ts'

/** In the future, so that DynamoDB Local deletes no record by its TTL. */
const NOW = Date.UTC(2100, 0, 1)
const HOUR_MS = DAY_MS / 24

const ROUTES = {
  '/api/generate': createGenerateHandler,
  '/api/activate': createDevicesHandler,
  '/api/deactivate': createDevicesHandler,
  '/api/recover': createRecoverHandler,
  '/api/verify': createVerifyHandler,
  '/webhooks/stripe': createWebhookHandler,
}

/** A license created by this test. */
interface Known {
  readonly id: string
  readonly userId: string
  readonly email: string
  readonly tier: string
  readonly state: LicenseState
  readonly createdAt: number
  /** Null if the license never expires. */
  readonly end: number | null
  readonly customer?: string
  readonly subscription?: string
  readonly payment?: string
  /** Activation times. */
  readonly devices?: Readonly<Record<string, number>>
}

const known: Known[] = []

const before = { ...process.env }
let test: TestRuntime
let inbox: Inbox
let ask: ReturnType<typeof askAdmin>
beforeAll(async () => {
  test = await aRuntime({}, { hasStream: true })
  inbox = await anInbox()
  ask = askAdmin(test)
  await createEveryKindOfRecord()
})
afterAll(async () => {
  process.env = { ...before }
  await Promise.all([test.stop(), inbox.stop()])
})

async function send(
  route: keyof typeof ROUTES,
  body: object | string,
  headers: Record<string, string> = {},
) {
  const response = await ROUTES[route](test.runtime)(aPost(body, { route, headers }), aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}

interface Outcome {
  readonly status: number | undefined
  readonly body: Record<string, string>
}

async function ok(response: Promise<Outcome>) {
  const answer = await response
  expect(answer).toMatchObject({ status: 200 })
  return answer.body
}

const act = (id: string, action: string, body: object = {}) =>
  ok(ask('POST', `/licenses/${id}/${action}`, { body: { reason: 'x', ...body } }))

let made = 0
/** Advances the clock, so that licenses and activations have different times. */
function tick() {
  made += 1
  test.time.now = NOW - 60 * HOUR_MS + made * HOUR_MS
  return test.time.now
}

async function issue(
  order: { userId: string; userEmail: string; tier: string } & Record<string, unknown>,
  changes: Partial<Known> = {},
) {
  const createdAt = tick()
  const { license: key = '' } = await ok(
    send('/api/generate', order, {
      authorization: 'Bearer test_admin_token',
      'idempotency-key': `order-${made}`,
    }),
  )
  const { id = '' } = await ok(ask('POST', '/licenses/lookup', { body: { license: key } }))
  const { userId, userEmail: email, tier } = order
  const end = createdAt + 30 * DAY_MS
  known.push({ id, userId, email, tier, state: 'active', createdAt, end, ...changes })
  return { key, id }
}

/** Sends the first events of a Stripe story. */
async function sell(
  story: ScenarioName,
  { days, events, ...changes }: { days: number; events?: number } & Partial<Known>,
) {
  const name = story.replaceAll('-', '')
  const userId = `payer_${name}`
  const email = `${name}@example.com`
  const start = NOW / 1000 - days * (DAY_MS / 1000)
  const createdAt = tick()
  let id = ''
  const cast = { name, user: userId, email, start }
  for (const event of buildEvents(story, '2026-10-28.endive', cast).slice(0, events)) {
    const payload = JSON.stringify(event)
    const headers = { 'stripe-signature': aSignature(payload, { at: test.time.now }) }
    const { licenseId } = await ok(send('/webhooks/stripe', payload, headers))
    id = licenseId ?? id
  }
  const tier = 'pro'
  known.push({ id, userId, email, tier, state: 'active', createdAt, end: null, ...changes })
}

async function createEveryKindOfRecord() {
  const order = { userId: 'filter_anna', userEmail: 'Anna@Example.com', tier: 'pro' }
  await issue({ ...order, paymentIntentId: 'pi_paid' }, { payment: 'pi_paid' })
  const suspended = await issue({ ...order, tier: 'elite' }, { tier: 'elite', state: 'suspended' })
  await act(suspended.id, 'suspend')
  const revoked = await issue(
    { ...order, userId: 'filter_berta', userEmail: 'berta@example.com' },
    { state: 'revoked' },
  )
  await act(revoked.id, 'revoke')
  const expired = { ...order, userId: 'filter_carla', userEmail: 'anna.two@example.com' }
  await issue({ ...expired, duration: 1 }, { state: 'expired', end: tick() + HOUR_MS + DAY_MS })
  const forever = await issue(
    { ...order, userId: 'anna', userEmail: 'dora@example.com', tier: 'lifetime' },
    { end: null },
  )
  await act(forever.id, 'reissue')
  const desk: Record<string, number> = {}
  const used = await issue({ ...order, userId: 'filter_emma' }, { devices: desk })
  const lap: Record<string, number> = {}
  const shared = await issue({ ...order, userId: 'filter_fay', tier: 'elite' }, { devices: lap })
  for (const [{ key }, devices] of [
    [shared, lap],
    [used, desk],
  ] as const) {
    devices['device-number-desk'] = tick()
    await ok(send('/api/activate', { license: key, deviceId: 'device-number-desk', name: 'Mac' }))
  }
  lap['device-number-lap'] = tick()
  await ok(send('/api/activate', { license: shared.key, deviceId: 'device-number-lap' }))
  await ok(send('/api/deactivate', { license: shared.key, deviceId: 'device-number-lap' }))

  const subscribed = (name: string) => ({
    customer: `cus_${name}`,
    subscription: `sub_${name}`,
  })
  await sell('renewal', { days: 31, end: NOW + 29 * DAY_MS, ...subscribed('renewal') })
  await sell('failed', {
    days: 31,
    state: 'grace',
    end: NOW + 13 * DAY_MS + HOUR_MS,
    ...subscribed('failed'),
  })
  await sell('canceled-in-portal', {
    days: 7,
    state: 'canceling',
    end: NOW + 23 * DAY_MS,
    ...subscribed('canceledinportal'),
  })
  await sell('bank-transfer', { days: 1, events: 1, state: 'pending', payment: 'pi_banktransfer' })
  await createUnmatchedPurchase()

  const body = { name: 'reader', scopes: ['licenses:read'] }
  const tokens = [
    await ok(ask('POST', '/tokens', { body })),
    await ok(ask('POST', '/tokens', { body })),
  ]
  await ok(ask('GET', '/licenses', { token: `${tokens[0]?.['token']}` }))
  await ok(ask('POST', `/tokens/${tokens[1]?.['id']}/revoke`))

  test.time.now = NOW
  await ok(send('/api/recover', { email: 'dora@example.com' }))
  await test.runtime.outbox.suppress('berta@example.com', 'complained', NOW)
  const forged = 'QF-PRO-0123456789ab-1735689600'
  expect((await send('/api/verify', { license: forged })).status).toBe(401)

  const event = { Records: await streamOf(test.table) } as DynamoDBStreamEvent
  const done = { batchItemFailures: [] }
  expect(await createChangesHandler(test.runtime)(event, aContext())).toEqual(done)
  expect(await createMailHandler(test.runtime)(event, aContext())).toEqual(done)
}

/** Sends a purchase without a tier. */
async function createUnmatchedPurchase() {
  tick()
  const [event] = buildEvents('one-time', '2026-10-28.endive', {
    name: 'unmatched',
    user: 'payer_unmatched',
    email: 'unmatched@example.com',
    start: NOW / 1000,
  })
  const payload = JSON.stringify(event).replaceAll('"tier":"pro"', '"color":"red"')
  const headers = { 'stripe-signature': aSignature(payload, { at: test.time.now }) }
  await ok(send('/webhooks/stripe', payload, headers))
}

type Query = Readonly<Record<string, string>>

interface Listing {
  readonly status: number | undefined
  readonly code?: string
  readonly ids: readonly string[]
}

/** Lists page by page until there is no cursor. */
async function list(query: Query): Promise<Listing> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await ask('GET', '/licenses', { query: { ...query, ...(cursor && { cursor }) } })
    if (page.status !== 200) return { status: page.status, code: page.body.code, ids }
    expect(page.body.items.length).toBeLessThanOrEqual(Number(query['limit'] ?? 50))
    ids.push(...page.body.items.map(({ id }: { id: string }) => id))
    cursor = page.body.cursor
  } while (cursor !== undefined)
  return { status: 200, ids }
}

const starts = (text: string, start: string) => text.toLowerCase().startsWith(start.toLowerCase())

const GOOD: readonly LicenseState[] = ['active', 'canceling', 'grace']

const UNFILTERED = () => true

/** The tested values of each query parameter, and the licenses that match. */
const FILTERS: Readonly<
  Record<string, { values: readonly string[]; has: (license: Known, value: string) => boolean }>
> = {
  search: {
    values: ['anna', 'FILTER_', 'filter_', 'cus_failed', 'sub_renewal', 'pi_paid', 'zz'],
    has: (license, value) =>
      starts(license.email, value) ||
      license.userId.startsWith(value) ||
      [license.id, license.customer, license.subscription, license.payment].includes(value),
  },
  user: {
    values: ['filter_anna', 'payer_failed', 'filter_'],
    has: ({ userId }, value) => userId === value,
  },
  email: {
    values: ['anna@example.COM', 'renewal@example.com'],
    has: ({ email }, value) => email.toLowerCase() === value.toLowerCase(),
  },
  tier: {
    values: ['pro', 'elite', 'lifetime', 'none'],
    has: ({ tier }, value) => tier === value,
  },
  state: { values: STATES, has: ({ state }, value) => state === value },
  customer: {
    values: ['cus_renewal', 'cus_failed'],
    has: ({ customer }, value) => customer === value,
  },
  subscription: {
    values: ['sub_renewal', 'sub_canceledinportal'],
    has: ({ subscription }, value) => subscription === value,
  },
  device: {
    values: ['device-number-desk', 'device-number-lap'],
    has: ({ devices = {} }, value) => value in devices,
  },
  expiringBefore: {
    values: [`${NOW + 20 * DAY_MS}`, `${NOW + 365 * DAY_MS}`],
    has: ({ state, end }, value) => GOOD.includes(state) && end !== null && end < Number(value),
  },
  sort: { values: ['created', 'end'], has: ({ end }, value) => value !== 'end' || end !== null },
  order: { values: ['asc', 'desc'], has: UNFILTERED },
  limit: { values: ['1', '3', '100'], has: UNFILTERED },
}

const OWN_INDEX = ['user', 'email', 'customer', 'subscription', 'device']

/** Returns true for combinations that the route rejects. */
function isRejected(query: Query): boolean {
  const has = (...names: string[]) => names.some((name) => name in query)
  if (has('search')) return has(...OWN_INDEX, 'expiringBefore', 'sort', 'order')
  if (query['sort'] === 'end') return has(...OWN_INDEX)
  return query['sort'] === 'created' && has('expiringBefore')
}

/** Sorts as documented: by expiry if the query has one, and newest first otherwise. */
function inOrder(licenses: readonly Known[], query: Query): readonly Known[] {
  const { device, sort, expiringBefore } = query
  const isIndexed = OWN_INDEX.some((name) => name in query)
  const isByEnd = !isIndexed && (sort === 'end' || expiringBefore !== undefined)
  const { order = isByEnd ? 'asc' : 'desc' } = query
  const timeOf = ({ devices, end, createdAt }: Known) => {
    if (device !== undefined) return devices?.[device] ?? 0
    return isByEnd ? (end ?? 0) : createdAt
  }
  const ascending = licenses.toSorted((a, b) => timeOf(a) - timeOf(b))
  return order === 'asc' ? ascending : ascending.toReversed()
}

function expected(query: Query): Listing {
  if (isRejected(query)) return { status: 400, code: 'INVALID_REQUEST', ids: [] }
  const found = known.filter((license) =>
    Object.entries(query).every(([name, value]) => FILTERS[name]?.has(license, value)),
  )
  return { status: 200, ids: inOrder(found, query).map(({ id }) => id) }
}

/** Ignores the order of a search, which adminSearch.test.ts checks. */
const comparable = ({ ids, ...listing }: Listing, { search }: Query) => ({
  ...listing,
  ids: search === undefined ? ids : ids.toSorted(),
})

async function expectRightList(query: Query) {
  const listing = await list(query)
  expect({ query, ...comparable(listing, query) }).toEqual({
    query,
    ...comparable(expected(query), query),
  })
}

const NAMES = Object.keys(FILTERS)
const PAIRS = NAMES.flatMap((a, index) => NAMES.slice(index + 1).map((b) => [a, b] as const))
const queriesOf = (name: string): readonly Query[] =>
  (FILTERS[name]?.values ?? []).map((value) => ({ [name]: value }))

describe('GET /licenses, in a table with every kind of record', () => {
  it('is tested with every parameter', () => {
    const query = LIST_ROUTES[0]?.query as unknown as { def: { shape: object } }
    expect(Object.keys(query.def.shape).toSorted()).toEqual([...NAMES, 'cursor'].toSorted())
  })

  it('is tested with a license in every state', () => {
    expect(new Set(known.map(({ state }) => state))).toEqual(new Set(STATES))
  })

  it('lists every license', () => expectRightList({}))

  it.each(NAMES)('lists by %s, with and without pages', async (name) => {
    for (const query of queriesOf(name)) {
      await expectRightList(query)
      if (name === 'limit') continue
      for (const limit of ['1', '2', '3']) await expectRightList({ ...query, limit })
    }
  })

  it.each(PAIRS)('lists by %s and %s, with and without pages', async (a, b) => {
    for (const one of queriesOf(a)) {
      for (const other of queriesOf(b)) {
        await expectRightList({ ...one, ...other })
        if (b !== 'limit') await expectRightList({ ...one, ...other, limit: '2' })
      }
    }
  })
})

type IndexName = keyof typeof INDEXES
type Item = Readonly<Record<string, unknown>>

const OF_LICENSES = Object.keys(INDEXES).filter((name) => name !== 'device') as IndexName[]

/** Every kind of record, with its indexes. New kinds must be added here. */
const KINDS: Readonly<Record<string, readonly IndexName[]>> = {
  'LICENSE/LICENSE': OF_LICENSES,
  'LICENSE/DEVICE': ['device'],
  'STRIPE/STRIPE': ['creation'],
  'TOKEN/TOKEN': ['creation'],
  alias: [],
  counters: [],
  'ADDRESS/ADDRESS': [],
  'COUNTED/COUNTED': [],
  'EVENT/EVENT': [],
  'IDEMPOTENCY/IDEMPOTENCY': [],
  'LICENSE/EVENT': [],
  'LICENSE/OUTBOX': [],
  'PURCHASE/PURCHASE': [],
  'RECOVERY/RECOVERY': [],
  'REVOCATIONS/COUNT': [],
  'REVOCATIONS/LICENSE': [],
  'SUMMARY/SERIES': [],
  'TRIES/TRIES': [],
}

function kindOf({ pk, sk, aliasOf }: Item): string {
  if (aliasOf !== undefined) return 'alias'
  if (`${pk}`.startsWith('SUMMARY#')) return 'counters'
  return [pk, sk].map((key) => `${key}`.split('#')[0]).join('/')
}

/** Lists records of an undeclared kind, or in an index of other kinds. */
const findMisplaced = (items: readonly Item[]): readonly string[] =>
  items.flatMap((item) => {
    const kind = kindOf(item)
    const own = KINDS[kind]
    if (!own) return [`${kind} is not declared`]
    return Object.entries(INDEXES)
      .filter(([index]) => !own.includes(index as IndexName))
      .filter(([, { hash, sort }]) => item[hash] !== undefined && item[sort] !== undefined)
      .map(([, { name }]) => `${kind} is in ${name}`)
  })

describe('the indexes', () => {
  it('contain only the declared kinds of records', async () => {
    const items = await allItems(test.table)
    expect(new Set(items.map(kindOf))).toEqual(new Set(Object.keys(KINDS)))
    expect(findMisplaced(items)).toEqual([])
  })

  it.each<[problem: string, item: Item]>([
    ['NEW/NEW is not declared', { pk: 'NEW#1', sk: 'NEW' }],
    ['LICENSE/NEW is not declared', { pk: 'LICENSE#lic_1', sk: 'NEW#1' }],
    [
      'COUNTED/COUNTED is in byTier',
      { pk: 'COUNTED#1#lic_1', sk: 'COUNTED', tier: 'pro', createdAt: 1 },
    ],
    [
      'alias is in byUser',
      { pk: 'LICENSE#lic_2', sk: 'LICENSE', aliasOf: 'lic_1', userId: 'u', createdAt: 1 },
    ],
  ])('are checked by a test that reports: %s', (problem, item) => {
    expect(findMisplaced([item])).toEqual([problem])
  })
})

describe('GET /licenses, with foreign records in every index', () => {
  beforeAll(async () => {
    const client = aDocumentClient()
    const items = await allItems(test.table)
    const pepper = someKeys().pepper
    const devices = FILTERS['device']?.values.map((id) => toDeviceKey(id, pepper))
    expect(items.filter(({ deviceKey: key }) => devices?.includes(key as never))).toHaveLength(3)
    // Adds foreign records at and after the position of every record in each index.
    for (const { hash, sort } of Object.values(INDEXES)) {
      const own = items.filter((item) => item[hash] !== undefined && item[sort] !== undefined)
      for (const [index, item] of own.entries()) {
        const position = { [hash]: item[hash], [sort]: item[sort] }
        const after = typeof item[sort] === 'number' ? Number(item[sort]) + 1 : `${item[sort]}z`
        for (const Item of [
          { pk: `FOREIGN#${hash}#${sort}#${index}`, sk: 'FOREIGN', ...position },
          { pk: `LICENSE#lic_foreign_${hash}_${sort}_${index}`, sk: 'LICENSE', ...position },
          { pk: `ZFOREIGN#${hash}#${sort}#${index}`, sk: 'FOREIGN', ...position, [sort]: after },
        ]) {
          await client.send(new PutCommand({ TableName: test.table, Item }))
        }
      }
    }
  })

  it('lists every license', () => expectRightList({}))

  it.each(NAMES)('lists by %s, with and without pages', async (name) => {
    for (const query of queriesOf(name)) {
      await expectRightList(query)
      if (name === 'limit') continue
      for (const limit of ['1', '2', '3']) await expectRightList({ ...query, limit })
    }
  })

  it('lists tokens and unmatched purchases', async () => {
    const tokens = await ask('GET', '/tokens')
    expect(tokens.body.items.map(({ name }: { name: string }) => name)).toEqual([
      'reader',
      'reader',
    ])
    const unmatched = await ask('GET', '/unmatched-purchases', { query: { limit: '1' } })
    expect(unmatched.body.items).toMatchObject([{ paymentIntentId: 'pi_unmatched' }])
    expect((await ask('GET', '/overview')).body.parked).toBe(1)
  })
})
