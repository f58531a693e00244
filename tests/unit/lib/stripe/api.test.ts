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
  server.asked.length = 0
})

const api = () => createStripeApi(aSecret('rk_test_1'), server.url)

describe('asking Stripe', () => {
  it('answers a subscription as it is, by Stripe’s clock', async () => {
    server.answers.set('/v1/subscriptions/sub_1', { id: 'sub_1', status: 'active' })
    expect(await api().subscription('sub_1')).toMatchObject({
      status: 'fetched',
      value: { id: 'sub_1', status: 'active' },
      at: NOW,
    })
  })

  it('answers what a checkout was for', async () => {
    const data = [{ id: 'li_1', price: { id: 'price_pro' }, quantity: 2 }]
    server.answers.set('/v1/checkout/sessions/cs_1/line_items', { object: 'list', data })
    expect(await api().lineItems('cs_1')).toMatchObject({ status: 'fetched', value: { data } })
  })

  it('is refused what Stripe does not know', async () => {
    expect(await api().subscription('sub_none')).toMatchObject({ status: 'refused' })
    expect(server.asked).toHaveLength(1)
  })

  it.each(['down', 'mute'] as const)('is without an answer while Stripe is %s', async (state) => {
    server.state = state
    expect(await api().subscription('sub_1')).toMatchObject({ status: 'unavailable' })
    expect(server.asked).toHaveLength(2)
  })

  it.each(['locked', 'barred'] as const)(
    'may go better once its key is mended: %s',
    async (state) => {
      server.state = state
      expect(await api().lineItems('cs_1')).toMatchObject({ status: 'unavailable' })
      expect(server.asked).toHaveLength(1)
    },
  )

  it('is without an answer where nobody listens', async () => {
    const nowhere = createStripeApi(aSecret('rk_test_1'), 'http://127.0.0.1:1')
    expect(await nowhere.subscription('sub_1')).toMatchObject({ status: 'unavailable' })
  })

  it('never shows its key', async () => {
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

  it('goes to Stripe’s own address unless told otherwise', () => {
    expect(createStripeApi(aSecret('rk_test_1'))).toHaveProperty('subscription')
    expect(createStripeApi(aSecret('rk_test_1'), 'https://stripe.example')).toHaveProperty(
      'lineItems',
    )
  })
})
