import type Stripe from 'stripe'
import * as z from 'zod/mini'
import { ID } from './fields.ts'

/** What every event has, whatever its type and API version. */
const eventSchema = z.object({
  id: z.string().check(z.regex(ID)),
  type: z.string(),
  data: z.object({ object: z.looseObject({}) }),
})

/**
 * A signed payload as an event, if it is one. No more than the frame is looked at here: each reader of a type takes
 * what it needs and says what it finds odd.
 */
export function toEvent(payload: unknown): Stripe.Event | undefined {
  return eventSchema.safeParse(payload).success ? (payload as Stripe.Event) : undefined
}
