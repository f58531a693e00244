import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { SCOPES } from '../../lib/access/token.ts'
import { ADMIN_PATH, adminRoutes } from '../../lib/admin/routes.ts'
import { catalog } from '../../lib/catalog/catalog.ts'
import { PROBLEMS } from '../../lib/http/problem.ts'
import { ONE_ADDRESS } from '../support/fuzz/headers.ts'
import { anyRequest } from '../support/fuzz/requests.ts'
import { type Answer, aSender, type Sent } from '../support/fuzz/send.ts'
import { issued } from '../support/licenses.ts'
import { aRuntime, SECRETS, type TestRuntime, type Write } from '../support/runtime.ts'
import { type ApiServer, anApiServer, gatewayRoutes, SOURCE_IP, WRITES } from '../support/server.ts'
import { seed, sized } from '../support/size.ts'

const RUNS = sized(100, 1000)
const AT_ONCE = 20
/** A sample is too small for each route to refuse something. */
const LEAST_REFUSED = sized(0, 1)

/** The codes of a key that is not good. */
const VERDICTS = [
  'EXPIRED',
  'SUSPENDED',
  'REVOKED',
  'PENDING',
  'DEVICE_REQUIRED',
  'DEVICE_NOT_ACTIVATED',
]
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, [status]])),
  ...Object.fromEntries(VERDICTS.map((code) => [code, [401]])),
  // A route, a license or a token that does not exist; and a key that nobody was issued.
  NOT_FOUND: [404, 401],
}

const KEY = /QF-[A-Z]+-[0-9a-f]{12}-\d{9,}/
const STACK = /node_modules|\.[mc]?[jt]s:\d|\bat \S+ \(/
const SECRET_TEXTS = [...Object.values(SECRETS), 'whsec_test']

let test: TestRuntime
let server: ApiServer
let sender: ReturnType<typeof aSender>
let stock: Parameters<typeof anyRequest>[0]
beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  sender = aSender(server.url)
  stock = await aStock()
})
afterAll(async () => {
  sender.stop()
  await server.stop()
  // Other names are those that were put in their place to do harm, and may be anything.
  test.isPerson = (name) => /^(fuzz|player)_/.test(name)
  await test.stop()
})

async function admin(route: string, body: object = {}) {
  const response = await fetch(`${server.url}/api/admin${route}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test_admin_token', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as { id: string; token: string }
}

async function aStock(): Promise<typeof stock> {
  const licenses: { id: string; key: string }[] = []
  for (let number = 0; number < 90; number++) {
    const order = { userId: `fuzz_user_${number % 60}`, tier: number % 4 === 0 ? 'elite' : 'pro' }
    const { key, license } = await issued(test.runtime.store, order)
    licenses.push({ id: license.id, key })
  }
  const tokens = []
  for (const scopes of [...SCOPES.map((scope) => [scope]), SCOPES, SCOPES, SCOPES]) {
    tokens.push(await admin('/tokens', { name: 'fuzz_token', scopes }))
  }
  const [revoked] = tokens.splice(-1)
  await admin(`/tokens/${revoked?.id}/revoke`)
  return {
    keys: licenses.slice(0, 45).map(({ key }) => key),
    troubled: licenses.slice(45),
    tokenIds: tokens.slice(-1).map(({ id }) => id),
    tokens: {
      good: 'test_admin_token',
      others: [...tokens, revoked].map((token) => `${token?.token}`),
    },
  }
}

/** What may be written for somebody who is refused: that he failed, and that a token was used. */
const isAllowed = ({ pk, update }: Write) =>
  pk.startsWith('TRIES#') || (pk.startsWith('TOKEN#') && update === 'SET lastUsedAt = :at')

const isOfGateway = ({ method }: Sent, { status, text }: Answer) =>
  status === 404 && (method === 'HEAD' || text === '{"message":"Not Found"}')

/** What is wrong with an answer, if anything is. */
function faultOf(sent: Sent, answer: Answer): string | undefined {
  const { status, headers, text } = answer
  const whole = `${JSON.stringify(headers)}${text}`
  if (STACK.test(whole) || SECRET_TEXTS.some((secret) => whole.includes(secret))) {
    return 'shows the inside'
  }
  if (sent.route === 'POST /webhooks/stripe' && KEY.test(text)) return 'shows Stripe a key'
  if (status >= 200 && status < 300) return
  if (status >= 500) return 'is a fault of ours'
  const wrote = headers[WRITES]
  if (typeof wrote !== 'string') return 'did not come from a function or the gateway'
  const writes = JSON.parse(decodeURIComponent(wrote)) as Write[]
  const forbidden = writes.filter((write) => !isAllowed(write))
  if (forbidden.length > 0) return `came with writes: ${JSON.stringify(forbidden)}`
  if (isOfGateway(sent, answer)) return
  if (KEY.test(text)) return 'is a refusal with a key'
  if (!`${headers['content-type']}`.startsWith('application/json')) return 'is no JSON'
  const { code } = JSON.parse(text) as { code?: string }
  return STATUSES[`${code}`]?.includes(status) ? undefined : 'has a code that is not its own'
}

interface Seen {
  good: number
  refused: number
}
const seen = new Map<string, Seen>()

async function tryOut(sent: Sent): Promise<void> {
  const answer = await sender.send(sent).catch((cause: Error) => {
    throw new Error(`There was no answer (${cause.message}) to ${inspect(sent)}`, { cause })
  })
  const fault = faultOf(sent, answer)
  if (fault) {
    const faults = test.lines.filter((line) => line.includes('"level":"error"')).join('\n')
    throw new Error(`The answer ${fault}:\n${inspect(answer)}\nto ${inspect(sent)}\n${faults}`)
  }
  const { route } = sent
  const { good, refused } = seen.get(route) ?? { good: 0, refused: 0 }
  const isGood = answer.status < 300
  seen.set(route, { good: good + Number(isGood), refused: refused + Number(!isGood) })
}

/** The routes of the gateway, with those of the admin API in place of the two that lead to them. */
const everyRoute = () => [
  ...gatewayRoutes().flatMap(([route]) => (route.includes(` ${ADMIN_PATH}/`) ? [] : [route])),
  ...adminRoutes(catalog).map(({ method, path }) => `${method} ${ADMIN_PATH}${path}`),
]

it('answers whatever is sent in its own words, and writes nothing for who is refused', async () => {
  const requests = fc.array(anyRequest(stock), { minLength: AT_ONCE, maxLength: AT_ONCE })
  const found = await fc.check(
    fc.asyncProperty(requests, async (batch) => {
      await Promise.all(batch.map(tryOut))
    }),
    // Shrinking would ask a table that has changed since.
    { numRuns: RUNS, endOnFailure: true, seed },
  )
  if (found.failed) {
    throw new Error(`A request of seed ${found.seed} failed`, { cause: found.errorInstance })
  }
  const all = [...seen.values()]
  const good = all.reduce((sum, route) => sum + route.good, 0)
  // Most of what can go wrong lies behind what can be read.
  expect(good).toBeGreaterThan(RUNS * AT_ONCE * 0.2)
  expect(
    [...seen].filter(([, { good, refused }]) => good === 0 || refused < LEAST_REFUSED),
  ).toEqual([])
  expect([...seen.keys()].toSorted()).toEqual(everyRoute().toSorted())
  // The address that many requests came from, and a few more guesses, has to wait even with a valid key.
  const verify = (license: string | undefined) =>
    fetch(`${server.url}/api/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SOURCE_IP]: ONE_ADDRESS },
      body: JSON.stringify({ license }),
    })
  for (let guess = 0; guess < catalog.tries.failures; guess++) {
    await verify(`QF-PRO-00000000000${guess % 10}-17356896${guess + 10}`)
  }
  const last = await verify(stock.keys[0])
  expect([last.status, last.headers.has('retry-after')]).toEqual([429, true])
})
