/**
 * Calls of AWS's JSON services, signed by `aws4`, over one kept connection. For the functions that customers wait for: the
 * SDK takes most of the time that they need to start. What the SDK does besides is here too: time limits, tries again after
 * what may pass, the session's token, other endpoints by the environment, and the mark of a trace.
 */

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import aws4 from 'aws4'

type Env = Readonly<Record<string, string | undefined>>

interface Service {
  /** As its signatures and its host name it. */
  readonly name: string
  /** The end of the variable that may say where it is. */
  readonly variable: string
  /** What stands before an operation in a request. */
  readonly target: string
  readonly contentType: string
}

export const DYNAMODB: Service = {
  name: 'dynamodb',
  variable: 'DYNAMODB',
  target: 'DynamoDB_20120810',
  contentType: 'application/x-amz-json-1.0',
}

export const SECRETS_MANAGER: Service = {
  name: 'secretsmanager',
  variable: 'SECRETS_MANAGER',
  target: 'secretsmanager',
  contentType: 'application/x-amz-json-1.1',
}

/**
 * Asks a service for one operation, in the JSON of its API.
 *
 * @throws CallRefused when the service refuses, once trying again does not help
 * @throws Error when it cannot be reached or does not answer in time
 */
export type Call = (operation: string, input: object) => Promise<unknown>

type Body = Readonly<Record<string, unknown>>

/**
 * aws4's signer with the key kept as an object of Node's, for as long as it is the right one. aws4 keeps the bytes of it, with
 * which Node 24 takes five times as long.
 */
class Signer extends aws4.RequestSigner {
  static readonly #keys = new Map<string, { readonly name: string; readonly key: KeyObject }>()

  override signature(): string {
    return createHmac('sha256', this.#key()).update(this.stringToSign()).digest('hex')
  }

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html: of a day and a service. */
  #key(): KeyObject {
    const { secretAccessKey = '' } = this.credentials
    const scope = [this.getDate(), this.region, this.service, 'aws4_request']
    const name = [secretAccessKey, ...scope].join('/')
    const held = Signer.#keys.get(this.service)
    if (held?.name === name) return held.key
    const key = scope.reduce(
      (above, part) => createSecretKey(createHmac('sha256', above).update(part).digest()),
      createSecretKey(`AWS4${secretAccessKey}`, 'utf8'),
    )
    Signer.#keys.set(this.service, { name, key })
    return key
  }
}

/** The service refused. Its name is what the service calls the reason, as in the SDK. */
class CallRefused extends Error {
  override readonly name: string
  readonly status: number
  /** Of a transaction of DynamoDB: why each of its writes was refused. */
  readonly CancellationReasons: unknown

  constructor(name: string, status: number, { message, Message = message, ...body }: Body) {
    super(typeof Message === 'string' ? Message : '')
    this.name = name
    this.status = status
    this.CancellationReasons = body['CancellationReasons']
  }
}

const ATTEMPTS = 3
/** As long as one attempt may take, with its connection. */
const ATTEMPT_MS = 1500
/** The longest pause before the second attempt; each one after it is twice as long. */
const PAUSE_MS = 100

/** What AWS calls a request that came too often; some of it has status 400. */
const THROTTLED = new Set([
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

/** What AWS calls a signature that is too old or too new: the clock is wrong, or what was signed was long on its way. */
const MISTIMED = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
])

/** What came of an attempt, and whether a connection failed that had been used before. */
interface Attempt {
  readonly result?: unknown
  readonly error?: unknown
  readonly isPassing?: boolean
  readonly wasKept?: boolean
  readonly isMistimed?: boolean
}

/**
 * Calls of one service, as the environment says: `AWS_REGION`, credentials, and `AWS_ENDPOINT_URL_…` if it is elsewhere.
 * What changes there while it runs, counts.
 *
 * @throws Error that names a variable which is missing
 */
export function createCall(service: Service, env: Env): Call {
  const region = required(env, 'AWS_REGION')
  const url = new URL(endpointOf(service, region, env))
  const { Agent, request: open } = url.protocol === 'https:' ? https : http
  const target = {
    agent: new Agent({ keepAlive: true }),
    // Brackets are of the address in a URL only.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port !== '' && { port: url.port }),
  }
  /** How far the service's clock is ahead of this one, as far as it matters. */
  let ahead = 0

  function signed(operation: string, body: string) {
    const { sessionToken, ...keys } = credentialsOf(env)
    const trace = env['AWS_LAMBDA_FUNCTION_NAME'] && env['_X_AMZN_TRACE_ID']
    return new Signer(
      {
        service: service.name,
        region,
        method: 'POST',
        host: url.host,
        path: url.pathname,
        headers: {
          'content-type': service.contentType,
          'x-amz-target': `${service.target}.${operation}`,
          'x-amz-date': new Date(Date.now() + ahead).toISOString().replace(/[:-]|\.\d+/g, ''),
          ...(trace && { 'x-amzn-trace-id': trace }),
        },
        body,
      },
      { ...keys, ...(sessionToken && { sessionToken }) },
    ).sign()
  }

  const attempt = (operation: string, body: string): Promise<Attempt> =>
    new Promise((resolve) => {
      const { method, path, headers } = signed(operation, body)
      const request = open({ ...target, method, path, headers } as http.RequestOptions)
      const failed = (error: unknown) =>
        resolve({ error, isPassing: true, wasKept: request.reusedSocket })
      const timer = setTimeout(() => {
        request.destroy()
        failed(new Error(`${service.name} did not answer within ${ATTEMPT_MS} ms`))
      }, ATTEMPT_MS)
      request.on('error', failed).on('close', () => {
        clearTimeout(timer)
        failed(new Error(`${service.name} closed the connection`))
      })
      request.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('error', failed)
        response.on('data', (part: string) => {
          text += part
        })
        response.on('end', () => {
          const done = toAttempt(response.statusCode ?? 0, text)
          const date = Date.parse(response.headers.date ?? '')
          if (done.isMistimed && !Number.isNaN(date)) ahead = date - Date.now()
          resolve(done)
        })
      })
      request.end(body)
    })

  return async (operation, input) => {
    const body = JSON.stringify(input)
    for (let number = 1; ; number++) {
      const { result, error, isPassing, wasKept } = await attempt(operation, body)
      if (error === undefined) return result
      if (!isPassing || number === ATTEMPTS) throw error
      // What the service closed while nobody asked is no sign that it has too much to do.
      if (!wasKept) await sleep(Math.random() * PAUSE_MS * 2 ** (number - 1))
    }
  }
}

function toAttempt(status: number, text: string): Attempt {
  const isPassing = status >= 500 || status === 429 || status === 408
  const body = objectIn(text)
  if (!body) {
    const error = new Error(`An answer of status ${status} is no object of JSON`)
    return { error, isPassing: isPassing || status === 200 }
  }
  if (status === 200) return { result: body }
  const { __type: type } = body
  const name = typeof type === 'string' ? `${type.split('#').at(-1)}` : `Status${status}`
  const isMistimed = MISTIMED.has(name)
  return {
    error: new CallRefused(name, status, body),
    isPassing: isPassing || THROTTLED.has(name) || isMistimed,
    isMistimed,
  }
}

/** Undefined for anything else: what stands between may answer too, in whatever words. */
function objectIn(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
  } catch {
    // It is no JSON at all.
  }
  return
}

function endpointOf({ name, variable }: Service, region: string, env: Env): string {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return (
    env[`AWS_ENDPOINT_URL_${variable}`] ||
    env['AWS_ENDPOINT_URL'] ||
    `https://${name}.${region}.${suffix}`
  )
}

const credentialsOf = (env: Env) => ({
  accessKeyId: required(env, 'AWS_ACCESS_KEY_ID'),
  secretAccessKey: required(env, 'AWS_SECRET_ACCESS_KEY'),
  sessionToken: env['AWS_SESSION_TOKEN'],
})

function required(env: Env, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}
