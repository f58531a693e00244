import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type Call, createCall, DYNAMODB, SECRETS_MANAGER } from '../../../../lib/aws/call.ts'
import { type Server, toServer } from '../../../../scripts/local/server.ts'
import { NOW } from '../../../support/licenses.ts'
import { aLine, type Line } from '../../../support/line.ts'
import { aTable, dynamoDbUrl } from '../../../support/table.ts'

interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly path: string | undefined
}

/** A service that answers as it is told, and keeps what it was asked. */
let service: Server
let asked: Asked[]
let connections: number
let answers: ((response: ServerResponse) => unknown)[]
let env: Record<string, string | undefined>

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'a secret' }

beforeEach(async () => {
  asked = []
  answers = []
  connections = 0
  const http = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: await text(request), path: request.url })
    const answer = answers.shift() ?? ((to) => to.end('{"done":true}'))
    answer(response)
  })
  http.on('connection', () => connections++)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  service = toServer(http)
  env = { AWS_REGION: 'eu-central-1', ...KEYS, AWS_ENDPOINT_URL_DYNAMODB: service.url }
})
afterEach(() => {
  jest.restoreAllMocks()
  return service.stop()
})

const refusing = (status: number, body: string) => (response: ServerResponse) =>
  response.writeHead(status).end(body)
const refusal = (type: string, message = 'No') => JSON.stringify({ __type: type, message })
const call = (operation = 'GetItem', input: object = { TableName: 'Ünicode ✓' }) =>
  createCall(DYNAMODB, env)(operation, input)

/** How the SDK signs the same. */
async function signedBySdk({ headers, body }: Asked): Promise<string | undefined> {
  const { authorization: _, 'x-amz-date': date = '', connection: _kept, ...rest } = headers
  const client = new DynamoDBClient({
    region: `${env['AWS_REGION']}`,
    credentials: {
      accessKeyId: `${env['AWS_ACCESS_KEY_ID']}`,
      secretAccessKey: `${env['AWS_SECRET_ACCESS_KEY']}`,
      ...(env['AWS_SESSION_TOKEN'] && { sessionToken: env['AWS_SESSION_TOKEN'] }),
    },
  })
  const { hostname, port } = new URL(service.url)
  const signer = await client.config.signer()
  const time = `${date}`.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')
  const request = { method: 'POST', protocol: 'http:', path: '/', hostname, port: Number(port) }
  const signed = await signer.sign(
    { ...request, headers: rest as Record<string, string>, body, query: {} } as never,
    { signingDate: new Date(time), unsignableHeaders: new Set(['x-amz-content-sha256']) },
  )
  return signed.headers['authorization']
}

describe('a call', () => {
  it('asks one operation of a service in its JSON, and answers what comes', async () => {
    expect(await call()).toEqual({ done: true })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      path: '/',
      body: '{"TableName":"Ünicode ✓"}',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
      },
    })
    expect(asked[0]?.headers).not.toHaveProperty('x-amzn-trace-id')
    expect(asked[0]?.headers).not.toHaveProperty('x-amz-security-token')
    env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = service.url
    await createCall(SECRETS_MANAGER, env)('GetSecretValue', {})
    expect(asked[1]?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    })
  })

  it.each([undefined, 'a session/token+of=chance'])(
    'is signed as the SDK signs it, with the session token %p',
    async (sessionToken) => {
      env['AWS_SESSION_TOKEN'] = sessionToken
      await call()
      const [only] = asked as [Asked]
      expect(only.headers['x-amz-security-token']).toBe(sessionToken)
      expect(only.headers.authorization).toContain('AKIDEXAMPLE')
      expect(only.headers.authorization).toBe(await signedBySdk(only))
    },
  )

  it('is signed by the secret, the region, the service and the day of the moment', async () => {
    let now = NOW
    jest.spyOn(Date, 'now').mockImplementation(() => now)
    for (let day = 0; day < 2; day++) {
      for (const secret of ['a secret', 'another']) {
        for (const AWS_REGION of ['eu-central-1', 'us-east-1']) {
          now = NOW + day * 24 * 60 * 60 * 1000
          Object.assign(env, { AWS_REGION, AWS_SECRET_ACCESS_KEY: secret })
          for (let time = 0; time < 2; time++) {
            await call()
            const last = asked.at(-1) as Asked
            expect(last.headers.authorization).toBe(await signedBySdk(last))
          }
        }
      }
    }
    expect(new Set(asked.map(({ headers }) => headers.authorization)).size).toBe(8)
  })

  it('takes credentials and the mark of a trace as they are at the time', async () => {
    const asking = createCall(DYNAMODB, env)
    Object.assign(env, {
      AWS_LAMBDA_FUNCTION_NAME: 'verify',
      _X_AMZN_TRACE_ID: 'Root=1-2;Sampled=1',
    })
    await asking('GetItem', {})
    env['_X_AMZN_TRACE_ID'] = 'Root=1-3;Sampled=0'
    env['AWS_ACCESS_KEY_ID'] = 'AKIDANOTHER'
    await asking('GetItem', {})
    const traces = asked.map(({ headers }) => headers['x-amzn-trace-id'])
    expect(traces).toEqual(['Root=1-2;Sampled=1', 'Root=1-3;Sampled=0'])
    // What is on the way may change it.
    expect(asked[1]?.headers.authorization).not.toContain('x-amzn-trace-id')
    expect(asked[1]?.headers.authorization).toContain('AKIDANOTHER')
  })

  it('keeps its connection', async () => {
    const asking = createCall(DYNAMODB, env)
    for (let number = 0; number < 3; number++) await asking('GetItem', {})
    expect(connections).toBe(1)
  })

  it.each([
    ['AWS_REGION', 'GetItem'],
    ['AWS_ACCESS_KEY_ID', 'GetItem'],
    ['AWS_SECRET_ACCESS_KEY', 'GetItem'],
  ])('names the variable when %s is missing', async (name) => {
    delete env[name]
    await expect((async () => call())()).rejects.toThrow(
      `The environment variable ${name} is not set`,
    )
  })
})

describe('where a service is', () => {
  const hostOf = async (region: string, changes: object = {}) => {
    const error = await createCall(DYNAMODB, { ...KEYS, AWS_REGION: region, ...changes })(
      'GetItem',
      {},
    ).catch((thrown: Error) => thrown)
    return `${(error as Error).message}`
  }

  it('is at its own address in the region, unless the environment says otherwise', async () => {
    // `.invalid` is nowhere (RFC 2606); what could not be found says what was looked for.
    expect(await hostOf('nowhere.invalid')).toContain('dynamodb.nowhere.invalid.amazonaws.com')
    expect(await hostOf('cn-nowhere.invalid')).toContain('.amazonaws.com.cn')
    env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1'
    await call()
    expect(asked).toHaveLength(1)
    delete env['AWS_ENDPOINT_URL_DYNAMODB']
    await expect(call()).rejects.toThrow('ECONNREFUSED')
  })
})

describe('a call that fails', () => {
  it.each([
    [500, refusal('InternalServerError')],
    [502, '<html>Bad Gateway</html>'],
    [503, ''],
    [429, refusal('TooManyRequestsException')],
    [400, refusal('com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException')],
    [400, refusal('com.amazon.coral.availability#ThrottlingException')],
    [200, '{"cut'],
    [500, 'null'],
    [500, '{"__type":5}'],
    [200, 'null'],
    [200, '[]'],
    [408, refusal('RequestTimeoutException')],
    [400, refusal('com.amazon.coral.service#InvalidSignatureException', 'Signature expired')],
  ])('is tried again after %d %s', async (status, body) => {
    answers = [refusing(status, body), refusing(status, body)]
    expect(await call()).toEqual({ done: true })
    expect(asked).toHaveLength(3)
  })

  it('is tried three times', async () => {
    answers = Array(9).fill(refusing(500, refusal('InternalServerError')))
    await expect(call()).rejects.toMatchObject({ name: 'InternalServerError', status: 500 })
    expect(asked).toHaveLength(3)
  })

  it.each([
    [400, refusal('com.amazon.coral.validate#ValidationException', 'Wrong'), 'ValidationException'],
    [400, '{"__type":"ResourceNotFoundException","Message":"Wrong"}', 'ResourceNotFoundException'],
    [403, '{"message":"Wrong"}', 'Status403'],
    [400, '{"__type":{},"message":"Wrong"}', 'Status400'],
  ])('is not tried again after %d %s', async (status, body, name) => {
    answers = [refusing(status, body)]
    await expect(call()).rejects.toMatchObject({ name, status, message: 'Wrong' })
    expect(asked).toHaveLength(1)
  })

  it('is tried again when the answer breaks off', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"half')
        setImmediate(() => response.destroy())
      },
    ]
    expect(await call()).toEqual({ done: true })
  })

  it('is tried again when the connection is for something else from then on', async () => {
    answers = [
      (response) => {
        response.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end()
      },
    ]
    expect(await call()).toEqual({ done: true })
    expect(asked).toHaveLength(2)
  })
})

describe('a call while the clock is wrong', () => {
  it('is signed by the time of the service once that refuses it', async () => {
    const ahead = Date.now() + 3_600_000
    answers = [
      (response) => {
        response.setHeader('date', new Date(ahead).toUTCString())
        refusing(403, refusal('RequestTimeTooSkewed'))(response)
      },
    ]
    const asking = createCall(DYNAMODB, env)
    await asking('GetItem', {})
    await asking('GetItem', {})
    const times = asked.map(({ headers }) => {
      const signed = `${headers['x-amz-date']}`
      return Date.parse(signed.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'))
    })
    expect(ahead - (times[0] ?? 0)).toBeGreaterThan(3_590_000)
    for (const time of times.slice(1)) expect(Math.abs(ahead - time)).toBeLessThan(10_000)
    expect(times).toHaveLength(3)
  })
})

describe('a call on a line that is cut', () => {
  let line: Line
  let asking: Call
  beforeEach(async () => {
    line = await aLine(dynamoDbUrl())
    env['AWS_ENDPOINT_URL_DYNAMODB'] = line.url
    asking = createCall(DYNAMODB, env)
  })
  afterEach(() => line.stop())

  const describeTable = async (TableName: string) => asking('DescribeTable', { TableName })

  it('goes on over a new connection when the kept one was closed', async () => {
    const table = await aTable()
    await describeTable(table)
    line.state = 'open'
    expect(await describeTable(table)).toMatchObject({ Table: { TableName: table } })
  })

  it('gives up within seconds on a service that takes it and never answers, and recovers', async () => {
    const table = await aTable()
    await describeTable(table)
    line.state = 'mute'
    await expect(describeTable(table)).rejects.toThrow('dynamodb did not answer within 1500 ms')
    line.state = 'cut'
    await expect(describeTable(table)).rejects.toThrow()
    line.state = 'open'
    expect(await describeTable(table)).toMatchObject({ Table: { TableName: table } })
  })
})
