import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createStripeApi, createStripeApiProvider } from '../../../../lib/stripe/api.ts'
import { aSecret, NOW } from '../../../support/licenses.ts'
import { aStripeApi, type LocalStripeApi } from '../../../support/stripeApi.ts'

let server: LocalStripeApi
beforeAll(async () => {
  server = await aStripeApi(NOW)
})
afterAll(() => server.stop())
beforeEach(() => {
  server.state = 'up'
  server.time = NOW
  server.requests.length = 0
})

const api = () => createStripeApi(aSecret('rk_test_1'), server.url)

describe('the Stripe API', () => {
  it('returns a subscription with the time of Stripe’s clock', async () => {
    server.responses.set('/v1/subscriptions/sub_1', { id: 'sub_1', status: 'active' })
    expect(await api().subscription('sub_1')).toMatchObject({
      status: 'fetched',
      value: { id: 'sub_1', status: 'active' },
      at: NOW,
    })
  })

  it('returns the line items of a checkout', async () => {
    const data = [{ id: 'li_1', price: { id: 'price_pro' }, quantity: 2 }]
    server.responses.set('/v1/checkout/sessions/cs_1/line_items', { object: 'list', data })
    expect(await api().lineItems('cs_1')).toMatchObject({ status: 'fetched', value: { data } })
  })

  it('refuses unknown ids without a retry', async () => {
    expect(await api().subscription('sub_none')).toMatchObject({ status: 'refused' })
    expect(server.requests).toHaveLength(1)
  })

  it.each(['down', 'mute'] as const)(
    'is unavailable after two attempts while Stripe is %s',
    async (state) => {
      server.state = state
      expect(await api().subscription('sub_1')).toMatchObject({ status: 'unavailable' })
      expect(server.requests).toHaveLength(2)
    },
  )

  it.each(['unauthorized', 'forbidden'] as const)(
    'is unavailable while the key is %s, which can be replaced',
    async (state) => {
      server.state = state
      expect(await api().lineItems('cs_1')).toMatchObject({ status: 'unavailable' })
      expect(server.requests).toHaveLength(1)
    },
  )

  it('is unavailable without a connection', async () => {
    const nowhere = createStripeApi(aSecret('rk_test_1'), 'http://127.0.0.1:1')
    expect(await nowhere.subscription('sub_1')).toMatchObject({ status: 'unavailable' })
  })

  it('never puts the API key into an error', async () => {
    const { cause } = (await api().subscription('sub_none')) as { cause: Error }
    expect(JSON.stringify(cause) + cause.stack).not.toContain('rk_test_1')
  })

  it('reuses the client until the key changes', () => {
    const provide = createStripeApiProvider(server.url)
    const first = provide(aSecret('rk_test_1'))
    expect(first).toBeDefined()
    expect(provide(aSecret('rk_test_1'))).toBe(first)
    expect(provide(aSecret('rk_test_2'))).not.toBe(first)
    expect(provide(undefined)).toBeUndefined()
  })

  it('uses Stripe’s own address by default', () => {
    expect(createStripeApi(aSecret('rk_test_1'))).toHaveProperty('subscription')
    expect(createStripeApi(aSecret('rk_test_1'), 'https://stripe.example')).toHaveProperty(
      'lineItems',
    )
  })
})
