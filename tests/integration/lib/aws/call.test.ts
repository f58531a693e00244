import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createCall, DYNAMODB, SECRETS_MANAGER } from '../../../../lib/aws/call.ts'
import { type Server, toServer } from '../../../../scripts/local/server.ts'
import { NOW } from '../../../support/licenses.ts'

interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly path: string
}

/** A service that sends the queued responses, then `{"done":true}`. */
let service: Server
let received: ReceivedRequest[]
let connections: number
let responses: ((response: ServerResponse) => unknown)[]
let env: Record<string, string | undefined>

beforeEach(async () => {
  received = []
  responses = []
  connections = 0
  const http = createServer(async (request, response) => {
    const { headers, url: path = '' } = request
    received.push({ headers, body: await text(request), path })
    const respond = responses.shift() ?? reply(200, '{"done":true}')
    respond(response)
  })
  http.on('connection', () => connections++)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  service = toServer(http)
  env = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'a secret',
    AWS_ENDPOINT_URL_DYNAMODB: service.url,
  }
})
afterEach(() => {
  jest.restoreAllMocks()
  return service.stop()
})

const reply = (status: number, body: string) => (response: ServerResponse) =>
  response.writeHead(status).end(body)
const error = (type: string, message = 'No') => JSON.stringify({ __type: type, message })
const call = (operation = 'GetItem', input: object = { TableName: 'Ünicode ✓' }) =>
  createCall(DYNAMODB, env)(operation, input)

const toTime = ({ headers }: ReceivedRequest) =>
  `${headers['x-amz-date']}`.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')

/** Returns the `authorization` header that the SDK creates for a request. */
async function signWithSdk(request: ReceivedRequest): Promise<string | undefined> {
  const { authorization: _, 'x-amz-date': _date, connection: _kept, ...headers } = request.headers
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env
  const client = new DynamoDBClient({
    region: `${AWS_REGION}`,
    credentials: {
      accessKeyId: `${AWS_ACCESS_KEY_ID}`,
      secretAccessKey: `${AWS_SECRET_ACCESS_KEY}`,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
  })
  const { hostname, port } = new URL(service.url)
  const { body, path } = request
  const signer = await client.config.signer()
  const unsigned = {
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    query: {},
  }
  const signed = await signer.sign({ ...unsigned, headers, body } as never, {
    signingDate: new Date(toTime(request)),
    unsignableHeaders: new Set(['x-amz-content-sha256', 'content-length']),
  })
  return signed.headers['authorization']
}

describe('a request', () => {
  it('executes one operation over a kept connection', async () => {
    const callDynamoDb = createCall(DYNAMODB, env)
    for (const key of ['first', 'Ünicode ✓']) {
      expect(await callDynamoDb('GetItem', { key })).toEqual({ done: true })
    }
    expect(connections).toBe(1)
    expect(received[1]).toMatchObject({
      path: '/',
      body: '{"key":"Ünicode ✓"}',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
      },
    })
    expect(received[1]?.headers).not.toHaveProperty('x-amzn-trace-id')
    env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = service.url
    await createCall(SECRETS_MANAGER, env)('GetSecretValue', {})
    expect(received[2]?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    })
  })

  it('has the signature of the SDK, also once the day or the credentials change', async () => {
    let now = NOW
    jest.spyOn(Date, 'now').mockImplementation(() => now)
    const callDynamoDb = createCall(DYNAMODB, env)
    for (const days of [0, 1]) {
      now = NOW + days * 24 * 60 * 60 * 1000
      for (const AWS_SECRET_ACCESS_KEY of ['a secret', 'another', 'a secret']) {
        for (const AWS_SESSION_TOKEN of [undefined, 'a session/token+of=chance']) {
          Object.assign(env, { AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN })
          await callDynamoDb('GetItem', {})
          const request = received.at(-1) as ReceivedRequest
          expect(request.headers['x-amz-security-token']).toBe(AWS_SESSION_TOKEN)
          expect(request.headers.authorization).toBe(await signWithSdk(request))
        }
      }
    }
    expect(new Set(received.map(({ headers }) => headers.authorization)).size).toBe(8)
  })

  it('has the X-Ray trace of its invocation, unsigned', async () => {
    const callDynamoDb = createCall(DYNAMODB, env)
    for (const _X_AMZN_TRACE_ID of ['Root=1-2;Sampled=1', 'Root=1-3;Sampled=0']) {
      Object.assign(env, { AWS_LAMBDA_FUNCTION_NAME: 'verify', _X_AMZN_TRACE_ID })
      await callDynamoDb('GetItem', {})
      expect(received.at(-1)?.headers).toMatchObject({
        'x-amzn-trace-id': _X_AMZN_TRACE_ID,
        authorization: expect.not.stringContaining('trace'),
      })
    }
  })

  it.each(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])(
    'fails with the name of %s if it is missing',
    async (name) => {
      delete env[name]
      const message = `The environment variable ${name} is not set`
      await expect((async () => call())()).rejects.toThrow(message)
    },
  )
})

describe('the endpoint', () => {
  // `.invalid` does not resolve (RFC 2606), and the error names the host.
  it.each([
    [{ AWS_REGION: 'nowhere.invalid' }, 'dynamodb.nowhere.invalid.amazonaws.com'],
    [{ AWS_REGION: 'cn-nowhere.invalid' }, 'dynamodb.cn-nowhere.invalid.amazonaws.com.cn'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'ECONNREFUSED 127.0.0.1:1'],
    [{ AWS_ENDPOINT_URL: 'http://[::1]:1' }, '::1:1'],
  ])('for %j is %s', async (changes, host) => {
    Object.assign(env, { AWS_ENDPOINT_URL_DYNAMODB: undefined }, changes)
    await expect(call()).rejects.toThrow(host)
  })

  it('of the service takes precedence over the common one', async () => {
    env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1'
    expect(await call()).toEqual({ done: true })
  })
})

describe('an error response', () => {
  it.each([
    [500, error('InternalServerError')],
    [502, '<html>Bad Gateway</html>'],
    [503, ''],
    [429, error('TooManyRequestsException')],
    [400, error('com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException')],
    [400, error('com.amazon.coral.availability#ThrottlingException')],
    [400, error('com.amazon.coral.service#InvalidSignatureException', 'Signature expired')],
    [200, '{"cut'],
    [500, 'null'],
  ])('is retried after %d %s', async (status, body) => {
    responses = [reply(status, body), reply(status, body)]
    expect(await call()).toEqual({ done: true })
    expect(received).toHaveLength(3)
  })

  it('fails the request after three attempts', async () => {
    responses = Array(9).fill(reply(500, error('InternalServerError')))
    await expect(call()).rejects.toMatchObject({ name: 'InternalServerError', status: 500 })
    expect(received).toHaveLength(3)
  })

  it.each([
    [400, error('com.amazon.coral.validate#ValidationException', 'Bad'), 'ValidationException'],
    [400, '{"__type":"ResourceNotFoundException","Message":"Bad"}', 'ResourceNotFoundException'],
    [403, '{"message":"Bad"}', 'UnknownError'],
  ])('is not retried after %d %s', async (status, body, name) => {
    responses = [reply(status, body)]
    await expect(call()).rejects.toMatchObject({ name, status, message: 'Bad' })
    expect(received).toHaveLength(1)
  })

  it('about the time of the signature corrects the clock', async () => {
    const time = Date.now() + 3_600_000
    responses = [
      (response) => {
        response.setHeader('date', new Date(time).toUTCString())
        reply(403, error('RequestTimeTooSkewed'))(response)
      },
    ]
    const callDynamoDb = createCall(DYNAMODB, env)
    await callDynamoDb('GetItem', {})
    await callDynamoDb('GetItem', {})
    const [first = 0, ...others] = received.map((request) => Date.parse(toTime(request)))
    expect(time - first).toBeGreaterThan(3_590_000)
    expect(others).toHaveLength(2)
    for (const other of others) expect(Math.abs(time - other)).toBeLessThan(10_000)
  })
})

describe('a connection', () => {
  const sendHalf = (response: ServerResponse) =>
    response.writeHead(200, { 'content-length': 100 }).write('{"half')

  it.each([
    ['is reset before the response', (response: ServerResponse) => response.destroy()],
    [
      'is reset within the response',
      (response: ServerResponse) => {
        sendHalf(response)
        setImmediate(() => response.destroy())
      },
    ],
    ['never responds', () => {}],
    ['stops within the response', sendHalf],
    [
      'drips',
      (response: ServerResponse) => {
        sendHalf(response)
        const timer = setInterval(() => response.write(' '), 100)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'is taken over by another protocol',
      (response: ServerResponse) =>
        response.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end(),
    ],
  ])('that %s is replaced by a new one', async (_, misbehave) => {
    const callDynamoDb = createCall(DYNAMODB, env)
    await callDynamoDb('GetItem', {})
    responses = [misbehave]
    expect(await callDynamoDb('GetItem', {})).toEqual({ done: true })
    expect(received).toHaveLength(3)
    expect(connections).toBe(2)
  })

  it('that the service closed while idle is replaced without a pause', async () => {
    const pauses = jest.spyOn(Math, 'random')
    const callDynamoDb = createCall(DYNAMODB, env)
    await callDynamoDb('GetItem', {})
    responses = [(response) => response.destroy()]
    await callDynamoDb('GetItem', {})
    expect(pauses).not.toHaveBeenCalled()
  })

  it('that never responds fails the request with a timeout', async () => {
    responses = Array(9).fill(() => {})
    await expect(call()).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(received).toHaveLength(3)
  })
})
