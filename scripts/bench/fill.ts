/** Puts many licenses into a table as they would be after years: nobody looks at them. */

import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { License, LicenseId } from '../../lib/license/index.ts'
import { toLicenseItem } from '../../lib/store/item.ts'

/** As many as DynamoDB takes at once. */
const BATCH = 25
const WRITERS = 8
const TOLD = 50_000
const SECOND = 1000
const MONTH = 30 * 24 * 60 * 60 * SECOND
const TIERS = ['free', 'pro', 'elite']

function aLicense(number: number, now: number): License {
  const id = `lic_filled${number}` as LicenseId
  const userId = `filled_${number}`
  const createdAt = now - number * SECOND
  const tier = `${TIERS[number % TIERS.length]}`
  return {
    id,
    keyId: id,
    earlierKeys: [],
    devices: 0,
    releases: [],
    origin: { subject: userId, tier, issuedAt: Math.floor(createdAt / SECOND), keyVersion: '1' },
    userId,
    userEmail: `${userId}@example.com`,
    tier,
    seats: 3,
    paymentIntentId: null,
    customerId: null,
    subscriptionId: null,
    facts: {
      admin: 'clear',
      billing: { status: 'paid', paidUntil: createdAt + MONTH },
      risk: 'clear',
    },
    version: 1,
    createdAt,
    changedAt: createdAt,
  }
}

/** Fills a table from so many licenses up to so many. */
export async function fill(
  client: DynamoDBDocumentClient,
  table: string,
  { from, to, say }: { from: number; to: number; say: (line: string) => void },
): Promise<void> {
  const now = Date.now()
  const begun = performance.now()
  let next = from
  async function write() {
    while (next < to) {
      const first = next
      const end = Math.min(to, first + BATCH)
      next = end
      const items = Array.from({ length: end - first }, (_, index) => aLicense(first + index, now))
      let requests = items.map((license) => ({ PutRequest: { Item: toLicenseItem(license) } }))
      while (requests.length > 0) {
        const command = new BatchWriteCommand({ RequestItems: { [table]: requests } })
        const { UnprocessedItems } = await client.send(command)
        requests = (UnprocessedItems?.[table] ?? []) as typeof requests
      }
      if (Math.floor(first / TOLD) < Math.floor(end / TOLD)) {
        const perSecond = (end - from) / ((performance.now() - begun) / 1000)
        say(`growth: ${end} licenses of ${to}, ${Math.round((to - end) / perSecond)} seconds to go`)
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
}
