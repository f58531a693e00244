import { expect, it } from '@jest/globals'
import type { ProviderRecord } from '../../../../lib/license/index.ts'
import { NO_CUSTOMER } from '../../../../lib/stripe/customer.ts'
import { NO_FACTS } from '../../../../lib/stripe/facts.ts'
import { createPointer, type PurchaseRecord, toRecord } from '../../../../lib/stripe/purchase.ts'
import { listUnmatchedPurchases } from '../../../../lib/stripe/unmatched.ts'
import { anEvent, aSession } from '../../../../scripts/stripe/objects.ts'
import { NOW } from '../../../support/licenses.ts'
import { told } from '../../../support/stories.ts'

const aPurchase = (changes: Partial<PurchaseRecord> = {}): ProviderRecord =>
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
  const buyer = { customer: 'cus_1', email: 'buyer@example.com', metadata: { userId: 'user_1' } }
  const session = aSession('cs_1', buyer, { payment_intent: 'pi_1' })
  const event = anEvent(
    'evt_1',
    'checkout.session.completed',
    NOW / 1000,
    session,
    '2026-10-28.endive',
  )
  expect(await list(aPurchase(told(event)))).toEqual([
    {
      purchase: 'cs_1',
      alerts: ['TIER_MISSING'],
      at: NOW,
      customerId: 'cus_1',
      subscriptionId: null,
      paymentIntentId: 'pi_1',
      userId: 'user_1',
      userEmail: 'buyer@example.com',
    },
  ])
})

it('lists a payment without a session under its own id, with the customer of the record', async () => {
  const purchase = aPurchase({ kind: 'pi', id: 'pi_2', customerId: 'cus_2' })
  expect(await list(purchase)).toMatchObject([
    { purchase: 'pi_2', paymentIntentId: 'pi_2', customerId: 'cus_2', userId: null },
  ])
})

it('lists a subscription without a payment', async () => {
  const [purchase] = await list(aPurchase({ kind: 'sub', id: 'sub_3' }))
  expect(purchase).toMatchObject({ purchase: 'sub_3', paymentIntentId: null, customerId: null })
})

it('leaves out records that are no purchase in need of review', async () => {
  const { waitingSince: _, ...reviewed } = aPurchase()
  expect(await list(createPointer('cs_9', 1, 'pi_9'), reviewed)).toEqual([])
})
