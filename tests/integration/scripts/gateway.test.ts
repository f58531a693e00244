import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import getPort from 'get-port'
import { type Gateway, startGateway } from '../../../scripts/local/gateway.ts'
import type { Service } from '../../../scripts/local/service.ts'

const handler = 'tests/fixtures/functions/echo.handler'

/** The parts of a serverless.yml that the gateway reads. */
const SERVICE = {
  provider: { environment: {}, memorySize: 128, timeout: 10 },
  functions: {
    echo: {
      name: 'stage-echo',
      handler,
      events: [
        { httpApi: 'GET /echo' },
        { httpApi: 'POST /echo' },
        { httpApi: 'GET /echo/{proxy+}' },
        { httpApi: 'GET /echo/deep/{proxy+}' },
      ],
    },
    short: { name: 'stage-short', handler, timeout: 1, events: [{ httpApi: 'GET /short' }] },
  },
} as unknown as Service

let directory: string
let gateway: Gateway
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'gateway-'))
  gateway = await startGateway({
    service: SERVICE,
    port: await getPort({ host: '127.0.0.1' }),
    directory,
    variables: {},
  })
})
afterAll(async () => {
  await gateway.stop()
  await rm(directory, { recursive: true })
})

const send = (target: string, init?: RequestInit) => fetch(`${gateway.url}${target}`, init)
const eventOf = async (target: string, init?: RequestInit) =>
  (await (await send(target, init)).json()) as APIGatewayProxyEventV2

describe('the event', () => {
  it('has payload format 2.0', async () => {
    const headers = { 'X-Mixed-Case': 'kept', cookie: 'a=1; b=2', 'user-agent': 'test' }
    const event = await eventOf('/echo/one%20/two?b=2&a=1&b=3%2C4&empty=', { headers })
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /echo/{proxy+}',
      rawPath: '/echo/one%20/two',
      rawQueryString: 'b=2&a=1&b=3%2C4&empty=',
      queryStringParameters: { a: '1', b: '2,3,4', empty: '' },
      pathParameters: { proxy: 'one%20/two' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-mixed-case': 'kept' },
      requestContext: {
        routeKey: 'GET /echo/{proxy+}',
        stage: '$default',
        http: {
          method: 'GET',
          path: '/echo/one%20/two',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
      },
      isBase64Encoded: false,
    })
    expect(event).not.toHaveProperty('body')
    expect(event.headers).not.toHaveProperty('cookie')
  })

  it('joins the values of a repeated header with a comma', async () => {
    const sent = request(`${gateway.url}/echo`, { headers: { 'x-many': ['1', '2'] } }).end()
    const [response] = await once(sent, 'response')
    expect(await json(response)).toMatchObject({ headers: { 'x-many': '1,2' } })
  })

  it.each([
    ['application/json', '{"a":"ö"}', false],
    ['text/plain; charset=utf-8', 'ö', false],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['application/octet-stream', 'a', true],
  ])('encodes a body of %s as API Gateway does', async (type, body, isBase64Encoded) => {
    const event = await eventOf('/echo', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    expect(event.isBase64Encoded).toBe(isBase64Encoded)
    expect(Buffer.from(`${event.body}`, isBase64Encoded ? 'base64' : 'utf8').toString()).toBe(body)
  })

  it('encodes bytes that are not UTF-8 in base64, for any content type', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00])
    const headers = { 'content-type': 'application/json' }
    const event = await eventOf('/echo', { method: 'POST', headers, body: bytes })
    expect(event).toMatchObject({ isBase64Encoded: true, body: bytes.toString('base64') })
  })
})

describe('a route', () => {
  it.each([
    ['/echo', 'GET /echo'],
    ['/echo/any', 'GET /echo/{proxy+}'],
    ['/echo/', 'GET /echo/{proxy+}'],
    ['/echo/deep/er', 'GET /echo/deep/{proxy+}'],
  ])('for %s is %s', async (target, routeKey) => {
    expect(await eventOf(target)).toMatchObject({ routeKey })
  })

  it.each([
    ['GET', '/'],
    ['GET', '/echoes'],
    ['POST', '/echo/any'],
    ['OPTIONS', '/echo'],
  ])('does not exist for %s %s', async (method, target) => {
    const response = await send(target, { method })
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }])
  })
})

describe('the response', () => {
  const respondWith = (result: unknown) =>
    send(`/echo?answer=${encodeURIComponent(JSON.stringify(result))}`)

  it('is the result of the function, without CORS headers', async () => {
    const response = await respondWith({
      statusCode: 418,
      headers: { 'x-own': 1 },
      cookies: ['a=1', 'b=2'],
      body: Buffer.from('ö').toString('base64'),
      isBase64Encoded: true,
    })
    expect(response.status).toBe(418)
    expect(await response.text()).toBe('ö')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-own')).toBe('1')
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([])
  })

  it('is JSON for other results', async () => {
    const response = await respondWith({ any: 'thing' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({ any: 'thing' })
  })

  it.each([
    ['503 when the function times out', '/short?wait=60000', 503, 'Service Unavailable'],
    ['500 when it throws', '/echo?fail=reason', 500, 'Internal Server Error'],
    ['500 when it exits', '/echo?exit=1', 500, 'Internal Server Error'],
  ])('is %s, and the next one succeeds', async (_, target, status, message) => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => {})
    const response = await send(target)
    expect([response.status, await response.json()]).toEqual([status, { message }])
    expect(printed).toHaveBeenCalledTimes(1)
    expect((await send(target.replace(/\?.*/, ''))).status).toBe(200)
  })

  it('is 413 for a body above 10 MB, without a call of the function', async () => {
    const most = 10 * 1024 * 1024
    const post = (length: number) =>
      send('/echo?answer={}', { method: 'POST', body: Buffer.alloc(length) })
    const refused = await post(most + 1)
    expect([refused.status, await refused.json()]).toEqual([
      413,
      { message: 'Request Entity Too Large' },
    ])
    expect((await post(most)).status).toBe(200)
  })

  it('does not wait for a concurrent one of the same function', async () => {
    const order: string[] = []
    const slow = send('/echo?wait=9000').then(() => order.push('slow'))
    await send('/echo').then(() => order.push('fast'))
    await slow
    expect(order).toEqual(['fast', 'slow'])
  })
})

it('invokes a function by its name, without HTTP', async () => {
  expect(await gateway.invoke('echo', { queryStringParameters: { answer: '[1]' } })).toEqual([1])
})
