import { QueryClient } from '@tanstack/react-query'
import { onTokenChange } from '../session/token.ts'
import { ApiError } from './apiError.ts'

const FRESH_MS = 15_000
const MAX_RETRIES = 2

/** Retries temporary failures; a rate limit must not be met with more requests. */
const shouldRetry = (retries: number, error: unknown) =>
  error instanceof ApiError &&
  error.details.retryable &&
  error.details.status !== 429 &&
  retries < MAX_RETRIES

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: FRESH_MS },
    mutations: { retry: false },
  },
})

/** Reloads everything that counts or lists licenses. */
export const invalidateLists = () =>
  Promise.all(
    ['licenses', 'overview', 'unmatchedPurchases'].map((key) =>
      queryClient.invalidateQueries({ queryKey: [key] }),
    ),
  )

// Cached data must not be visible to the next user of this tab.
onTokenChange(() => queryClient.clear())
