import { createHandler } from '../../functions/admin.ts'
import { ADMIN_PATH } from '../../lib/admin/routes.ts'
import { aContext, aRequest, bodyOf } from './http.ts'
import type { TestRuntime } from './runtime.ts'

interface Options {
  readonly query?: Record<string, string> | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly token?: string
}

/** Returns a client of the admin API. It uses the root token by default. */
export const askAdmin =
  ({ runtime }: Pick<TestRuntime, 'runtime'>) =>
  async (method: 'GET' | 'POST', path: string, options: Options = {}) => {
    const { token = 'test_admin_token', query = {}, headers, ...rest } = options
    const event = aRequest(method, `${ADMIN_PATH}${path}`, {
      ...rest,
      query,
      headers: { ...headers, authorization: `Bearer ${token}` },
    })
    const response = await createHandler(runtime)(event, aContext())
    return { status: response.statusCode, body: bodyOf(response) }
  }
