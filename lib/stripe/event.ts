import type Stripe from 'stripe'
import * as z from 'zod/mini'
import { ID } from './fields.ts'

/** The fields that every event has, in every API version. */
const eventSchema = z.object({
  id: z.string().check(z.regex(ID)),
  type: z.string(),
  data: z.object({ object: z.looseObject({}) }),
})

/** Returns a signed payload if it is an event. Checks the envelope only: `observe` checks the object. */
export function toEvent(payload: unknown): Stripe.Event | undefined {
  return eventSchema.safeParse(payload).success ? (payload as Stripe.Event) : undefined
}
