/** Sends rows part by part, and goes on where it was stopped. */

import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import type { BulkResult, BulkRow } from '../../api/types.ts'
import { splitIntoBatches } from './batches.ts'
import { withRowIds } from './rowIds.ts'
import type { Row } from './rows.ts'

export type Results = ReadonlyMap<number, BulkResult>

interface Sending {
  readonly rows: readonly Row[]
  readonly batch: string
  readonly reason: string
  /** What was answered before, by line. */
  readonly known: Results
  readonly onProgress: (results: Results) => void
  readonly signal: AbortSignal
}

const MAX_RETRIES = 3
const DEFAULT_WAIT_SECONDS = 2
/** Whoever has to wait longer is told so instead. */
const MAX_WAIT_SECONDS = 10

/** Whatever can come right of itself is sent again. */
const isOpen = (result: BulkResult | undefined) =>
  result === undefined || result.code === 'UNAVAILABLE' || result.code === 'INTERNAL'

/**
 * Every row that has no answer yet is sent; what was sent before without an answer is not issued twice.
 *
 * @throws Failure when a part was not answered; what was answered until then has been told
 */
export async function send({
  rows,
  batch,
  reason,
  known,
  onProgress,
  signal,
}: Sending): Promise<Results> {
  // Names are counted over all rows, so that they are the same when only some are sent.
  const named = await withRowIds(
    rows.map(({ order }) => order),
    batch,
  )
  const lines = rows.map(({ line }) => line)
  const open = named
    .map((order, index) => ({ order, line: lines[index] ?? 0 }))
    .filter(({ line }) => isOpen(known.get(line)))
  const results = new Map(known)
  for (const part of splitIntoBatches(open)) {
    signal.throwIfAborted()
    const orders = part.map(({ order }) => order as BulkRow)
    const answers = await sendPart(orders, reason, signal)
    part.forEach(({ line }, index) => {
      const answer = answers[index]
      if (answer) results.set(line, answer)
    })
    onProgress(new Map(results))
  }
  return results
}

async function sendPart(rows: BulkRow[], reason: string, signal: AbortSignal) {
  for (let waits = 0; ; waits++) {
    try {
      const body = { rows, ...(reason !== '' && { reason }) }
      const { results } = await dataOf(api.POST('/api/admin/licenses/bulk', { body, signal }))
      return results
    } catch (error) {
      const wait = waitFor(error)
      if (wait === undefined || waits === MAX_RETRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, wait * 1000))
    }
  }
}

/** Seconds until the next try, of what is tried again by itself. */
function waitFor(error: unknown): number | undefined {
  if (!(error instanceof ApiError) || !error.details.retryable) return
  const wait = error.details.waitSeconds ?? DEFAULT_WAIT_SECONDS
  return wait > MAX_WAIT_SECONDS ? undefined : wait
}
