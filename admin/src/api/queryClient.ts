import { QueryClient } from '@tanstack/react-query'
import { onTokenChange } from '../session/token.ts'
import { ApiError } from './apiError.ts'

const FRESH_MS = 15_000
const MAX_RETRIES = 2

/** Asks once more for what may come of itself, and never for what a person has to mend. */
const mayRetry = (tries: number, error: unknown) =>
  error instanceof ApiError &&
  error.details.retryable &&
  error.details.status !== 429 &&
  tries < MAX_RETRIES

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: mayRetry, staleTime: FRESH_MS },
    mutations: { retry: false },
  },
})

// Nobody sees what was shown to whoever was signed in before.
onTokenChange(() => queryClient.clear())
