/**
 * A client of AWS's JSON services with what verify needs, in place of the AWS SDK: Signature Version 4, a kept connection,
 * time limits, retries, clock correction and the X-Ray header. docs/adr/0003-aws-client-of-verify.md says why.
 */

import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

type Env = Readonly<Record<string, string | undefined>>

interface Service {
  /** The name in signatures and host names. */
  readonly name: string
  /** The environment variable of the endpoint, if not the default. */
  readonly endpoint: string
  /** The prefix of operations in `x-amz-target`. */
  readonly target: string
  readonly contentType: string
}

export const DYNAMODB: Service = {
  name: 'dynamodb',
  endpoint: 'AWS_ENDPOINT_URL_DYNAMODB',
  target: 'DynamoDB_20120810',
  contentType: 'application/x-amz-json-1.0',
}

export const SECRETS_MANAGER: Service = {
  name: 'secretsmanager',
  endpoint: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  target: 'secretsmanager',
  contentType: 'application/x-amz-json-1.1',
}

/**
 * Executes one operation, with input and output as JSON.
 *
 * @throws AwsError if the service rejects the request, Error if it does not respond in time; both after retries
 */
export type Call = (operation: string, input: object) => Promise<unknown>

/** An error response. Its name is the service's error code, as in the SDK. */
class AwsError extends Error {
  override readonly name: string
  readonly status: number

  constructor(name: string, status: number, message: unknown) {
    super(`${message}`)
    this.name = name
    this.status = status
  }
}

const ATTEMPTS = 3
/** The time limit of an attempt, including the connection and the whole response. */
const ATTEMPT_MS = 1500
/** The longest pause before the second attempt; doubles with each further attempt. */
const PAUSE_MS = 100

/** Error codes of throttled requests, some with status 400. */
const THROTTLED = /Throttl|LimitExceeded|ThroughputExceeded|TooManyRequests/
/** Error codes of signatures that are too old or too new. */
const SKEWED = /^(InvalidSignatureException|Request(Expired|InTheFuture|TimeTooSkewed))$/

/**
 * Creates a client of one service. Credentials and the trace are read from the environment for each request.
 *
 * @throws Error that names a missing environment variable
 */
export function createCall(service: Service, env: Env): Call {
  const region = required(env, 'AWS_REGION')
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const url = new URL(
    env[service.endpoint] ||
      env['AWS_ENDPOINT_URL'] ||
      `https://${service.name}.${region}.${domain}`,
  )
  const { Agent, request: open } = url.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true })
  const sign = createSigner(service.name, region, env)
  /** The time by which the clock of the service is ahead of the local one, once it has rejected a signature. */
  let clockOffset = 0

  const attempt = (operation: string, body: string) =>
    new Promise<unknown>((resolve, reject) => {
      const headers = {
        'content-type': service.contentType,
        host: url.host,
        'x-amz-target': `${service.target}.${operation}`,
      }
      const signal = AbortSignal.timeout(ATTEMPT_MS)
      // Settles the attempt even if the connection was taken over, for which the request has no event.
      signal.addEventListener('abort', () => reject(signal.reason))
      const request = open(url, {
        method: 'POST',
        agent,
        signal,
        headers: sign(headers, url.pathname, body, Date.now() + clockOffset),
      })
      request.on('error', (error) =>
        reject(Object.assign(error, { isStale: request.reusedSocket })),
      )
      request.on('response', (response) => {
        const { statusCode: status = 0 } = response
        text(response)
          .then((json) => {
            if (status === 200) return JSON.parse(json)
            const error = toError(status, json)
            const date = Date.parse(response.headers.date ?? '')
            if (SKEWED.test(error.name) && date) clockOffset = date - Date.now()
            throw error
          })
          .then(resolve, reject)
      })
      request.end(body)
    })

  return async (operation, input) => {
    const body = JSON.stringify(input)
    for (let number = 1; ; number++) {
      try {
        return await attempt(operation, body)
      } catch (error) {
        if (number === ATTEMPTS || !isTransient(error)) throw error
        // A kept connection that the service closed while it was idle is no sign of load.
        if ((error as { isStale?: boolean }).isStale) continue
      }
      await sleep(Math.random() * PAUSE_MS * 2 ** (number - 1))
    }
  }
}

/** Everything but an error response is: no connection, no response in time, or a response that is not JSON. */
const isTransient = (error: unknown) =>
  !(error instanceof AwsError) ||
  error.status >= 500 ||
  error.status === 429 ||
  THROTTLED.test(error.name) ||
  SKEWED.test(error.name)

function toError(status: number, json: string): AwsError {
  const { __type: type, message, Message = message } = JSON.parse(json)
  return new AwsError(`${type ?? 'UnknownError'}`.split('#').at(-1) ?? '', status, Message)
}

/**
 * Creates a function that adds the headers of Signature Version 4 to headers in alphabetical order:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function createSigner(service: string, region: string, env: Env) {
  let known: { readonly id: string; readonly key: KeyObject } | undefined

  /** Returns the signing key, which depends on the day. Signing with the bytes takes five times as long. */
  function signingKey(secret: string, scope: string): KeyObject {
    const id = `${secret}/${scope}`
    if (known?.id === id) return known.key
    const key = scope
      .split('/')
      .reduce(
        (above, part) => createSecretKey(createHmac('sha256', above).update(part).digest()),
        createSecretKey(`AWS4${secret}`, 'utf8'),
      )
    known = { id, key }
    return key
  }

  return (plain: object, path: string, body: string, now: number) => {
    const date = new Date(now).toISOString().replace(/[:-]|\.\d+/g, '')
    const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
    const token = env['AWS_SESSION_TOKEN']
    const headers = Object.entries({
      ...plain,
      'x-amz-date': date,
      ...(token && { 'x-amz-security-token': token }),
    }).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const names = headers.map(([name]) => name).join(';')
    const lines = headers.map(([name, value]) => `${name}:${value}`)
    const request = ['POST', path, '', ...lines, '', names, hash('sha256', body)].join('\n')
    const message = ['AWS4-HMAC-SHA256', date, scope, hash('sha256', request)].join('\n')
    const key = signingKey(required(env, 'AWS_SECRET_ACCESS_KEY'), scope)
    const signature = createHmac('sha256', key).update(message).digest('hex')
    const credential = `${required(env, 'AWS_ACCESS_KEY_ID')}/${scope}`
    const trace = env['AWS_LAMBDA_FUNCTION_NAME'] && env['_X_AMZN_TRACE_ID']
    return {
      ...Object.fromEntries(headers),
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
      // Not signed, because proxies may change it.
      ...(trace && { 'x-amzn-trace-id': trace }),
    }
  }
}

function required(env: Env, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}
