/** Sends rows to the API in batches. */

import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import type { BulkResult, BulkRow } from '../../api/types.ts'
import { splitIntoBatches } from './batches.ts'
import { withRowIds } from './rowIds.ts'
import type { Row } from './rows.ts'

/** Results by line number. */
export type Results = ReadonlyMap<number, BulkResult>

interface SendOptions {
  readonly rows: readonly Row[]
  readonly batch: string
  readonly reason: string
  /** Results of an earlier attempt. */
  readonly results: Results
  readonly onProgress: (results: Results) => void
  readonly signal: AbortSignal
}

const MAX_RETRIES = 3
const DEFAULT_WAIT_SECONDS = 2
/** After a longer wait, the user decides whether to retry. */
const MAX_WAIT_SECONDS = 10

const needsSending = (result: BulkResult | undefined) =>
  result === undefined || result.code === 'UNAVAILABLE' || result.code === 'INTERNAL'

/**
 * Sends each row that has no result or failed temporarily. Sending a row again never issues a second license.
 *
 * @throws ApiError if a batch gets no response; `onProgress` has then received the results of the batches before it
 */
export async function send({
  rows,
  batch,
  reason,
  results: earlier,
  onProgress,
  signal,
}: SendOptions): Promise<void> {
  // IDs depend on equal rows before a row, so compute them for all rows even if only some are sent.
  const requests = await withRowIds(
    rows.map(({ request }) => request),
    batch,
  )
  const open = rows
    .map(({ line }, index) => ({ line, request: requests[index] as BulkRow }))
    .filter(({ line }) => needsSending(earlier.get(line)))
  const results = new Map(earlier)
  for (const part of splitIntoBatches(open)) {
    signal.throwIfAborted()
    const body = {
      rows: part.map(({ request }) => request),
      ...(reason !== '' && { reason }),
    }
    const batchResults = await sendBatch(body, signal)
    part.forEach(({ line }, index) => {
      const result = batchResults[index]
      if (result) results.set(line, result)
    })
    onProgress(new Map(results))
  }
}

async function sendBatch(body: { rows: BulkRow[]; reason?: string }, signal: AbortSignal) {
  for (let retries = 0; ; retries++) {
    try {
      const { results } = await dataOf(api.POST('/api/admin/licenses/bulk', { body, signal }))
      return results
    } catch (error) {
      const wait = retryDelay(error)
      if (wait === undefined || retries === MAX_RETRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, wait * 1000))
    }
  }
}

/** Returns the seconds to wait before an automatic retry; undefined if there should be none. */
function retryDelay(error: unknown): number | undefined {
  if (!(error instanceof ApiError) || !error.details.retryable) return
  const wait = error.details.retryAfter ?? DEFAULT_WAIT_SECONDS
  return wait > MAX_WAIT_SECONDS ? undefined : wait
}
