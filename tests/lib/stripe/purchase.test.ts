import { describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { toPurchase } from '../../../lib/stripe/purchase.ts'
import { aCheckout } from '../../support/stripe.ts'

/** What is read from a checkout session with these fields, odd ones too. */
const read = (session: Record<string, unknown>) =>
  toPurchase(aCheckout(session) as unknown as Stripe.Event)

describe('a purchase', () => {
  it('says what was bought, by whom and for which payment', () => {
    expect(read({})).toEqual({
      key: 'pi:pi_1',
      paymentIntentId: 'pi_1',
      userId: 'user_123',
      userEmail: 'buyer@example.com',
      tier: 'pro',
    })
  })

  it.each([
    ['an id', 'pi_2', 'pi:pi_2', 'pi_2'],
    ['the whole of it', { id: 'pi_2', object: 'payment_intent' }, 'pi:pi_2', 'pi_2'],
    ['null', null, 'cs:cs_1', null],
    ['nothing', undefined, 'cs:cs_1', null],
  ])('is named by its payment intent when that is %s', (_, payment_intent, key, id) => {
    expect(read({ payment_intent })).toMatchObject({ key, paymentIntentId: id })
  })

  it('counts when nothing had to be paid', () => {
    const free = { payment_status: 'no_payment_required', payment_intent: null, id: 'cs_free' }
    expect(read(free)).toMatchObject({ key: 'cs:cs_free', paymentIntentId: null, tier: 'pro' })
  })

  it.each<[string, unknown, unknown, string | null]>([
    ['the metadata', { userId: 'user_7' }, 'user_8', 'user_7'],
    ['the reference where the metadata has none', {}, 'user_8', 'user_8'],
    ['the reference where the metadata is empty', { userId: '' }, 'user_8', 'user_8'],
    ['the reference where there is no metadata', null, 'user_8', 'user_8'],
    ['the reference where the metadata is lost', undefined, 'user_8', 'user_8'],
    ['the reference where the metadata is no text', { userId: 7 }, 'user_8', 'user_8'],
    ['the reference where the metadata is too long', { userId: 'x'.repeat(501) }, 'u', 'u'],
    ['the metadata of 500 characters', { userId: 'x'.repeat(500) }, 'u', 'x'.repeat(500)],
    ['the reference where the metadata is half a character', { userId: 'a\ud83e' }, 'u', 'u'],
    ['the metadata with any character', { userId: 'a:b 🦅' }, null, 'a:b 🦅'],
    ['nobody', {}, null, null],
    ['nobody by an empty reference', {}, '', null],
    ['nobody by half a character', {}, '\udc00', null],
    ['nobody by a reference that is too long', {}, 'x'.repeat(501), null],
  ])('belongs to %s', (_, metadata, client_reference_id, userId) => {
    expect(read({ metadata, client_reference_id })).toMatchObject({ userId })
  })

  it.each<[string, unknown, unknown, string | null]>([
    ['what the buyer typed', { email: 'a@example.com' }, 'b@example.com', 'a@example.com'],
    ['what the vendor gave', { email: null }, 'b@example.com', 'b@example.com'],
    ['what the vendor gave, without details', null, 'b@example.com', 'b@example.com'],
    ['what the vendor gave, where the buyer typed nothing', { email: '' }, 'b@a.b', 'b@a.b'],
    ['nothing', undefined, null, null],
  ])('has for an e-mail address %s', (_, customer_details, customer_email, userEmail) => {
    expect(read({ customer_details, customer_email })).toMatchObject({ userEmail })
  })

  it.each<[unknown, string | null]>([
    [{ tier: 'elite' }, 'elite'],
    [{ tier: 'no such tier' }, 'no such tier'],
    [{ tier: '' }, null],
    [{ tier: null }, null],
    [{ tier: ['pro'] }, null],
    [{ tier: 'x'.repeat(501) }, null],
    [{}, null],
    [[], null],
    ['tier', null],
    [null, null],
  ])('with the metadata %j is of the tier %j', (metadata, tier) => {
    expect(read({ metadata })).toMatchObject({ tier })
  })
})

describe('an event that is no purchase', () => {
  it.each([
    ['of another type', aCheckout({}, { type: 'invoice.paid' }), 'type'],
    ['of a type to come', { ...aCheckout(), type: 'checkout.session.teleported' }, 'type'],
    [
      'of a payment that comes later',
      { ...aCheckout(), type: 'checkout.session.async_payment_failed' },
      'type',
    ],
    ['of a subscription', aCheckout({ mode: 'subscription' }), 'mode subscription'],
    ['of a card to keep', aCheckout({ mode: 'setup' }), 'mode setup'],
    ['of nothing paid yet', aCheckout({ payment_status: 'unpaid' }), 'payment_status unpaid'],
    ['that says nothing', { ...aCheckout(), data: { object: {} } }, 'mode undefined'],
    [
      'that does not say what was paid',
      { ...aCheckout(), data: { object: { mode: 'payment' } } },
      'payment_status undefined',
    ],
  ])('%s is ignored, and it is said why', (_, event, ignored) => {
    expect(toPurchase(event as Stripe.Event)).toEqual({ ignored })
  })
})
