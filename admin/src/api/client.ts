import createClient from 'openapi-fetch'
import { currentToken, signOut } from '../session/token.ts'
import { ApiError, networkError, toApiError } from './apiError.ts'
import type { paths } from './schema.ts'

/** Calls the API with the types of openapi.json. Throws an `ApiError` for every failed request. */
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
    const token = tokens.get(request)
    const error = await toApiError(response, schemaPath)
    // A late 401 for an earlier token must not end the current session.
    if (response.status === 401 && token !== undefined && token === currentToken()) {
      signOut('You were signed out because the API token is invalid, expired or revoked.')
    }
    throw error
  },
  onError({ error, schemaPath }) {
    if (error instanceof ApiError) return error
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return networkError(schemaPath, error)
  },
})

/** Returns the body of a successful response. */
export async function dataOf<T>(request: Promise<{ data?: T }>): Promise<T> {
  const { data } = await request
  return data as T
}
