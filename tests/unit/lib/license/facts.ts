import fc from 'fast-check'
import type { Billing, LicenseFacts } from '../../../../lib/license/license.ts'

/** Returns any billing facts with the given times. */
export const anyBilling = (anyTime: fc.Arbitrary<number>): fc.Arbitrary<Billing> =>
  fc.record(
    {
      status: fc.constantFrom(
        'pending',
        'trialing',
        'paid',
        'past_due',
        'unpaid',
        'paused',
        'ended',
      ) satisfies fc.Arbitrary<Billing['status']>,
      paidUntil: fc.option(anyTime),
      graceUntil: anyTime,
      cancelAt: anyTime,
    },
    { requiredKeys: ['status', 'paidUntil'] },
  )

/** Returns any facts of a license with the given times. Half of the licenses have no admin action, half no risk. */
export const anyFacts = (anyTime: fc.Arbitrary<number>): fc.Arbitrary<LicenseFacts> =>
  fc.record(
    {
      admin: fc.constantFrom('clear', 'clear', 'suspended', 'revoked'),
      risk: fc.constantFrom('clear', 'clear', 'disputed', 'refunded', 'lost'),
      billing: anyBilling(anyTime),
      extendedUntil: anyTime,
    },
    { requiredKeys: ['admin', 'risk', 'billing'] },
  )
