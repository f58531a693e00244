import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { corsOrigins } from '../config.ts'
import type { Response } from '../http/response.ts'
import { cors } from './cors.ts'
import type { Handler } from './endpoint.ts'

/** Answers a preflight for pages of the given origins: with nothing but the headers. */
export const createPreflight = (origins: readonly string[]) =>
  middy<APIGatewayProxyEventV2, Response>()
    .use(cors(origins))
    .handler(async () => ({ statusCode: 204 })) as unknown as Handler

/** As `entry` does, reads the environment on the first call only; unlike it, needs no client of AWS. */
export function preflightEntry(): Handler {
  let handler: Handler | undefined
  return (event, context) => {
    handler ??= createPreflight(corsOrigins(process.env))
    return handler(event, context)
  }
}
