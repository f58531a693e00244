/** The name of each row, by which the service knows that it was sent before and issues it once. */

import type { IssueRequest } from './rows.ts'

const LENGTH = 32

async function hashOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, LENGTH)
}

/**
 * A row without a `ref` of its own is named by the batch and by what it says, and by how many like it are before it. So
 * a file that was mended and read again issues what is new in it and nothing twice; under another name of the batch it is
 * issued anew.
 */
export async function withRowIds(
  orders: readonly IssueRequest[],
  batch: string,
): Promise<(IssueRequest & { ref: string })[]> {
  const seen = new Map<string, number>()
  return Promise.all(
    orders.map(async (order) => {
      if (order.ref !== undefined) return { ...order, ref: order.ref }
      const { userId, userEmail = null, tier, duration = null, paymentIntentId = null } = order
      const says = JSON.stringify([batch, userId, userEmail, tier, duration, paymentIntentId])
      const before = seen.get(says) ?? 0
      seen.set(says, before + 1)
      return { ...order, ref: `csv-${await hashOf(`${says}#${before}`)}` }
    }),
  )
}
