import fc from 'fast-check'
import { BASE64, SOURCE_IP } from '../server.ts'
import { aSignature } from '../stripe.ts'
import { garbage, mutated } from './damage.ts'
import { anyAddress, anyHeaders, type Tokens } from './headers.ts'
import type { Stock } from './known.ts'
import { anyQuery, mangled } from './paths.ts'
import { type Model, models } from './routes.ts'
import type { Sent } from './send.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']

type ValidRequest = Omit<Sent, 'body'> & { readonly query: string; readonly body: unknown }

const toQuery = (query: unknown) =>
  new URLSearchParams(
    Object.entries(query as Record<string, string>).filter(([, value]) => value !== undefined),
  ).toString()

const validRequest = ({ route, needsToken, path, query, body }: Model, { good }: Tokens) =>
  fc
    .record({
      path,
      query: query ?? fc.constant({}),
      body: body ?? fc.constant(undefined),
      address: anyAddress,
      extra: fc.nat(9),
    })
    .map(
      ({ path, query, body, address, extra }): ValidRequest => ({
        route,
        method: route.split(' ')[0] ?? '',
        path,
        query: toQuery(query),
        headers: {
          [SOURCE_IP]: address,
          'content-type': 'application/json',
          ...(needsToken && { authorization: `Bearer ${good}` }),
          ...(extra === 0 && { origin: 'http://localhost:5173' }),
          ...(extra === 1 && { [BASE64]: 'yes' }),
        },
        body,
      }),
    )

const bodyText = (body: unknown) => (body === undefined ? '' : JSON.stringify(body))

/** Signs a body for the webhook, also a malformed one. */
function sign(sent: Sent): Sent {
  if (sent.route !== 'POST /webhooks/stripe' || 'stripe-signature' in sent.headers) return sent
  if (typeof sent.body !== 'string') return sent
  return { ...sent, headers: { ...sent.headers, 'stripe-signature': aSignature(sent.body) } }
}

/** Returns the type of a Stripe event. */
function eventType(body: unknown): string | undefined {
  const { object, type } = Object(body)
  return object === 'event' ? type : undefined
}

function requestTo(model: Model, tokens: Tokens): fc.Arbitrary<Sent> {
  const good = validRequest(model, tokens)
  const whole = ({ query, body, ...sent }: ValidRequest): Sent => ({
    ...sent,
    path: query === '' ? sent.path : `${sent.path}?${query}`,
    body: bodyText(body),
  })
  const otherwise = (
    change: (good: ValidRequest) => fc.Arbitrary<Partial<Sent> & { query?: string }>,
  ) =>
    good.chain((sent) =>
      change(sent).map(({ query = sent.query, ...changes }): Sent => {
        const base = whole({ ...sent, query, path: changes.path ?? sent.path })
        return { ...base, ...changes, path: base.path }
      }),
    )
  return fc
    .oneof(
      { weight: 45, arbitrary: good.map(whole) },
      {
        weight: model.body ? 25 : 1,
        arbitrary: otherwise(({ body }) =>
          mutated(body ?? {}, eventType(body)).map((text) => ({ body: text })),
        ),
      },
      {
        weight: 8,
        arbitrary: otherwise(({ body }) => garbage(bodyText(body)).map((sent) => ({ body: sent }))),
      },
      {
        weight: 12,
        arbitrary: otherwise(({ headers }) =>
          anyHeaders(tokens).map((others) => ({ headers: { ...headers, ...others } })),
        ),
      },
      {
        weight: 6,
        arbitrary: otherwise(({ path }) => mangled(path).map((odd) => ({ path: odd }))),
      },
      {
        weight: model.query ? 12 : 2,
        arbitrary: otherwise(({ query }) => anyQuery(query).map((odd) => ({ query: odd }))),
      },
      {
        weight: 4,
        arbitrary: otherwise(() => fc.constantFrom(...METHODS).map((method) => ({ method }))),
      },
    )
    .map(sign)
}

/** Requests to all routes: about half of them valid, the others with one fault each. */
export const anyRequest = (stock: Stock & { readonly tokens: Tokens }): fc.Arbitrary<Sent> =>
  fc.oneof(
    ...models(stock).map((model) => ({
      weight: model.weight,
      arbitrary: requestTo(model, stock.tokens),
    })),
  )
