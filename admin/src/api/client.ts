import createClient from 'openapi-fetch'
import { currentToken, signOut } from '../session/token.ts'
import { ApiError, networkError, toApiError } from './apiError.ts'
import type { paths } from './schema.ts'

/** Asks the service, typed by openapi.json. Whatever is not a success is thrown as a `Failure`. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: 'omit',
  referrerPolicy: 'no-referrer',
})

const tokens = new WeakMap<Request, string | undefined>()

api.use({
  onRequest({ request }) {
    const token = currentToken()
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`)
    tokens.set(request, token)
    return request
  },
  async onResponse({ request, response, schemaPath }) {
    if (response.ok) return
    const apiError = await toApiError(response, schemaPath)
    const token = tokens.get(request)
    // An answer to an earlier token says nothing about the one of now.
    if (response.status === 401 && token !== undefined && token === currentToken()) {
      signOut('You were signed out: the API token is wrong, was revoked or has run out.')
    }
    throw apiError
  },
  onError({ error, schemaPath }) {
    if (error instanceof ApiError) return error
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return networkError(schemaPath, error)
  },
})

/** What was answered. */
export async function dataOf<T>(asking: Promise<{ data?: T }>): Promise<T> {
  const { data } = await asking
  return data as T
}
