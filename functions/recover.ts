/**
 * POST /api/recover: the keys of an address, to that address. The answer is the same whoever has a license, and so is the
 * work: one write, which the stream turns into a mail if there is anything to send.
 */

import { parseJsonRequest, recoverSchema } from '../lib/http/request.ts'
import { json } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'

const BODY = { required: ['email'], missing: 'No e-mail address provided' }
const MESSAGE = 'If this address has licenses, their keys are on the way to it'

export function createHandler(runtime: Runtime) {
  const { clock, outbox } = runtime
  return endpoint(runtime, { secrets: [], cors: true }, async (event) => {
    const { email } = parseJsonRequest(event, recoverSchema, BODY)
    await outbox.recover(email, clock())
    return json(200, { message: MESSAGE })
  })
}

export const handler = await entry(createRuntime, createHandler)
