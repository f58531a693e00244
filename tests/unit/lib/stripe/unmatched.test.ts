import { expect, it } from '@jest/globals'
import type { ProviderRecord } from '../../../../lib/license/store.ts'
import { NO_CUSTOMER } from '../../../../lib/stripe/customer.ts'
import { NO_FACTS } from '../../../../lib/stripe/facts.ts'
import { createPointer, type PurchaseRecord, toRecord } from '../../../../lib/stripe/purchase.ts'
import { listUnmatchedPurchases } from '../../../../lib/stripe/unmatched.ts'
import { NOW } from '../../../support/licenses.ts'
import { readFacts } from '../../../support/scenarios.ts'
import { session } from '../../../support/stripeEvents.ts'

const aRecord = (changes: Partial<PurchaseRecord> = {}): ProviderRecord =>
  toRecord(
    {
      kind: 'cs',
      id: 'cs_1',
      version: 1,
      facts: NO_FACTS,
      customer: NO_CUSTOMER,
      customerId: null,
      alerts: ['TIER_MISSING'],
      unmatchedSince: NOW,
      ...changes,
    },
    undefined,
  )

const list = (...records: ProviderRecord[]) =>
  listUnmatchedPurchases({ listForReview: async () => records }, 10)

it('lists a purchase with its session, customer and payment', async () => {
  expect(await list(aRecord(readFacts(session())))).toEqual([
    {
      purchase: 'cs_1',
      alerts: ['TIER_MISSING'],
      at: NOW,
      customerId: 'cus_1',
      subscriptionId: null,
      paymentIntentId: 'pi_1',
      userId: 'user_123',
      userEmail: 'buyer@example.com',
    },
  ])
})

it('lists a payment without a session under its own id, with the customer of the record', async () => {
  expect(await list(aRecord({ kind: 'pi', id: 'pi_2', customerId: 'cus_2' }))).toMatchObject([
    { purchase: 'pi_2', paymentIntentId: 'pi_2', customerId: 'cus_2', userId: null },
  ])
})

it('lists a subscription without a payment', async () => {
  expect(await list(aRecord({ kind: 'sub', id: 'sub_3' }))).toMatchObject([
    { purchase: 'sub_3', paymentIntentId: null, customerId: null },
  ])
})

it('skips pointers and purchases that need no review', async () => {
  const { waitingSince: _, ...reviewed } = aRecord()
  expect(await list(createPointer('cs_9', 1, 'pi_9'), reviewed)).toEqual([])
})
