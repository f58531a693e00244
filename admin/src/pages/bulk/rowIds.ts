/** Idempotency keys of rows: the API issues one license for each `ref`, however often it is sent. */

import type { IssueRequest } from './rows.ts'

const LENGTH = 32

async function hash(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, LENGTH)
}

/**
 * Adds a `ref` to each row without one: a hash of the batch name, the values of the row, and the number of equal rows
 * before it. A corrected file that is sent again therefore issues only its new rows, and another batch name issues all
 * rows again.
 */
export async function withRowIds(
  requests: readonly IssueRequest[],
  batch: string,
): Promise<(IssueRequest & { ref: string })[]> {
  const counts = new Map<string, number>()
  return Promise.all(
    requests.map(async (request) => {
      if (request.ref !== undefined) return { ...request, ref: request.ref }
      const { userId, userEmail = null, tier, duration = null, paymentIntentId = null } = request
      const values = JSON.stringify([batch, userId, userEmail, tier, duration, paymentIntentId])
      const count = counts.get(values) ?? 0
      counts.set(values, count + 1)
      return { ...request, ref: `csv-${await hash(`${values}#${count}`)}` }
    }),
  )
}
