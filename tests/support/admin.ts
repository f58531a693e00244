import { createHandler } from '../../functions/admin.ts'
import { ADMIN_PATH } from '../../lib/admin/routes.ts'
import { aContext, aRequest, bodyOf } from './http.ts'
import type { TestRuntime } from './runtime.ts'

interface Asked {
  readonly query?: Record<string, string>
  readonly body?: object
  readonly token?: string
}

/** Asks the admin API of a runtime, by the token that may do everything unless another is given. */
export const askAdmin =
  ({ runtime }: Pick<TestRuntime, 'runtime'>) =>
  async (method: 'GET' | 'POST', path: string, asked: Asked = {}) => {
    const { token = 'test_admin_token', ...rest } = asked
    const headers = { authorization: `Bearer ${token}` }
    const event = aRequest(method, `${ADMIN_PATH}${path}`, { ...rest, headers })
    const response = await createHandler(runtime)(event, aContext())
    return { status: response.statusCode, body: bodyOf(response) }
  }
