import { describe, expect, it } from '@jest/globals'
import type { Context } from 'aws-lambda'
import { Problem } from '../../../../lib/http/problem.ts'
import { errorHandler } from '../../../../lib/lambda/errorHandler.ts'
import { MasterKeyFault } from '../../../../lib/license/index.ts'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { aContext, aPost } from '../../../support/http.ts'
import { aLog, someMetrics } from '../../../support/runtime.ts'

/** Returns the response, log and counts for an error that a handler throws. */
async function handle(error: unknown) {
  const { log, lines } = aLog()
  const { metrics, counts } = someMetrics()
  const request = {
    event: aPost({}),
    context: aContext() as Context,
    response: null,
    error: error as Error,
    earlyResponse: null,
    internal: {},
  }
  await errorHandler(
    { log, metrics },
    { refusal: { valid: false }, failure: 'OurFault' },
  ).onError?.(request)
  const { statusCode, body } = request.response as unknown as { statusCode: number; body: string }
  return {
    status: statusCode,
    body: JSON.parse(body),
    log: lines.map((line) => JSON.parse(line)),
    counts: counts.map((count) => JSON.parse(count)),
  }
}

describe('an error in a handler', () => {
  it('is returned as it is if it is a problem of the request', async () => {
    const { status, body, log, counts } = await handle(
      new Problem('INVALID_REQUEST', { fields: [{ path: 'tier', message: 'must be a string' }] }),
    )
    expect(status).toBe(400)
    expect(counts).toEqual([{ name: 'Problem', code: 'INVALID_REQUEST' }])
    expect(body).toEqual({
      valid: false,
      error: 'Invalid request',
      code: 'INVALID_REQUEST',
      retryable: false,
      fields: [{ path: 'tier', message: 'must be a string' }],
    })
    expect(log).toEqual([
      {
        level: 'info',
        message: 'request refused',
        code: 'INVALID_REQUEST',
        route: 'POST /api/verify',
        requestId: 'request_1',
      },
    ])
  })

  it.each([
    ['an unavailable store', new StoreUnavailable(new Error('down'))],
    ['a missing master key', new MasterKeyFault('no version 3')],
  ])('is temporary for %s', async (_, error) => {
    expect(await handle(error)).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE', retryable: true },
    })
  })

  it.each([[new TypeError('inner detail')], ['a text'], [undefined], [{ data: 'odd' }]])(
    'shows no details for %p',
    async (error) => {
      const { status, body } = await handle(error)
      expect(status).toBe(500)
      expect(body).toEqual({ error: 'Something went wrong', code: 'INTERNAL', retryable: true })
    },
  )

  it('is logged with its causes, and with the errors that Middy collected', async () => {
    const gathered = new Error('gathered', {
      cause: { package: '@middy/util', data: [new Error('first'), new Error('second')] },
    })
    const { log } = await handle(new Problem('UNAVAILABLE', { cause: gathered }))
    expect(log).toMatchObject([{ level: 'error', message: 'request failed' }])
    const causes = log[0].causes.map((cause: string) => cause.split('\n')[0])
    expect(causes).toEqual([
      'Problem: Temporarily unavailable, try again',
      'Error: gathered',
      'Error: first',
      'Error: second',
    ])
  })

  it('is logged if its causes are circular', async () => {
    const error = new Error('round')
    error.cause = error
    expect((await handle(error)).log[0].causes).toHaveLength(5)
  })
})
