import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { handler } from '../../../functions/preflight.ts'
import { aContext } from '../../support/http.ts'

const preflight = (origin: string) =>
  handler(
    {
      version: '2.0',
      headers: { origin, 'access-control-request-method': 'POST' },
      requestContext: { http: { method: 'OPTIONS' } },
    } as unknown as APIGatewayProxyEventV2,
    aContext(),
  )

describe('OPTIONS /api/*', () => {
  const before = process.env['CORS_ORIGINS']
  beforeAll(() => {
    process.env['CORS_ORIGINS'] = 'http://localhost:5173,https://app.example.com'
  })
  afterAll(() => {
    if (before === undefined) delete process.env['CORS_ORIGINS']
    else process.env['CORS_ORIGINS'] = before
  })

  it.each(['http://localhost:5173', 'https://app.example.com'])(
    'allows pages of %s the headers of existing clients',
    async (origin) => {
      const { statusCode, headers, body } = await preflight(origin)
      expect(statusCode).toBe(204)
      expect(body).toBeUndefined()
      expect(headers).toMatchObject({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': expect.stringContaining('POST'),
        Vary: 'Origin',
      })
      expect(`${headers?.['Access-Control-Allow-Headers']}`.split(',')).toEqual([
        'content-type',
        'authorization',
        'idempotency-key',
        'x-origin',
        'x-payment-provider',
        'x-request-type',
        'x-version',
      ])
    },
  )

  it.each(['http://localhost:5175', 'https://app.example.com.evil.example', 'null'])(
    'allows pages of %s nothing',
    async (origin) => {
      expect((await preflight(origin)).headers).not.toHaveProperty('Access-Control-Allow-Origin')
    },
  )
})
