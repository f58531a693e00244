import Stripe from 'stripe'
import { NOW } from './licenses.ts'

type Session = Partial<Stripe.Checkout.Session>

/** The event of a paid one-time checkout. */
export const aCheckout = (session: Session = {}, event: Partial<Stripe.Event> = {}) => ({
  id: 'evt_1',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: NOW / 1000,
  livemode: false,
  type: 'checkout.session.completed',
  data: {
    object: {
      id: 'cs_1',
      object: 'checkout.session',
      mode: 'payment',
      status: 'complete',
      payment_status: 'paid',
      payment_intent: 'pi_1',
      client_reference_id: null,
      customer_email: null,
      customer_details: { email: 'buyer@example.com' },
      metadata: { userId: 'user_123', tier: 'pro' },
      ...session,
    },
  },
  ...event,
})

/** The signature header of a body. `at` is in milliseconds since the epoch. */
export const aSignature = (payload: string, { secret = 'whsec_test', at = NOW } = {}) =>
  Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: Math.floor(at / 1000),
  })
