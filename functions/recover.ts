/**
 * POST /api/recover: sends the license keys of an email address to that address. Public. The response and the work are the
 * same for every address: one write, which the stream turns into an email if the address has licenses.
 */

import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { parseJsonRequest, recoverSchema } from '../lib/http/request.ts'
import { json, type Response } from '../lib/http/response.ts'
import { cors } from '../lib/lambda/cors.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'

const BODY = { required: ['email'], missing: 'No email address provided' }
const MESSAGE = 'If this address has licenses, their keys are on the way to it'

export function createHandler(runtime: Runtime) {
  const { clock, outbox } = runtime
  return middy<APIGatewayProxyEventV2, Response>()
    .use(cors(runtime.corsOrigins))
    .use(errorHandler(runtime))
    .handler(async (event) => {
      const { email } = parseJsonRequest(event, recoverSchema, BODY)
      await outbox.recover(email, clock())
      return json(200, { message: MESSAGE })
    })
}

export const handler = await entry(createRuntime, createHandler)
