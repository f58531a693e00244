import { createSecretKey } from 'node:crypto'
import {
  type IssueRequest,
  issueLicense,
  type Keys,
  type License,
  type LicenseId,
} from '../../lib/license/index.ts'
import type { LicenseStore } from '../../lib/license/store.ts'

/** 2025-01-01T00:00:00Z, in milliseconds: what tests call now. */
export const NOW = 1_735_689_600_000

export const aSecret = (text: string) => createSecretKey(Buffer.from(text, 'utf8'))

export const aRing = (current = '1', texts: Record<string, string> = { '1': 'test_master_key' }) =>
  ({
    current,
    keys: new Map(Object.entries(texts).map(([version, text]) => [version, aSecret(text)])),
  }) satisfies Keys['ring']

export const someKeys = (ring: Keys['ring'] = aRing()): Keys => ({
  ring,
  pepper: aSecret('test_pepper'),
  prefix: 'QF',
})

export const anOrder = (changes: Partial<IssueRequest> = {}): IssueRequest => ({
  userId: 'user_123',
  userEmail: 'user@example.com',
  tier: 'pro',
  seats: 3,
  durationDays: 30,
  durationChosen: true,
  paymentIntentId: null,
  actor: 'token:root',
  reason: 'api',
  requestId: 'request_1',
  ...changes,
})

/** Issues a license for an order that nothing stands in the way of. */
export async function issued(
  store: LicenseStore,
  order: Partial<IssueRequest> = {},
  { keys = someKeys(), now = NOW } = {},
) {
  const result = await issueLicense({ store, keys, now }, anOrder(order))
  if (!result.ok) throw new Error(`The order was refused: ${result.error}`)
  return result.value
}

export const aLicense = (changes: Partial<License> = {}): License => ({
  id: 'lic_test' as LicenseId,
  keyId: changes.id ?? ('lic_test' as LicenseId),
  earlierKeys: [],
  devices: 0,
  releases: [],
  origin: { subject: 'user_123', tier: 'pro', issuedAt: NOW / 1000, keyVersion: '1' },
  userId: 'user_123',
  userEmail: 'user@example.com',
  tier: 'pro',
  seats: 3,
  paymentIntentId: null,
  customerId: null,
  subscriptionId: null,
  facts: {
    admin: 'clear',
    billing: { status: 'paid', paidUntil: NOW + 30 * 24 * 60 * 60 * 1000 },
    risk: 'clear',
  },
  version: 1,
  createdAt: NOW,
  changedAt: changes.createdAt ?? NOW,
  ...changes,
})
