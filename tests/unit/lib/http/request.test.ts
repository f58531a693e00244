import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { Problem } from '../../../../lib/http/problem.ts'
import {
  generateSchema,
  idempotencyKey,
  parseJsonRequest,
  rawBody,
  verifySchema,
} from '../../../../lib/http/request.ts'
import { aPost } from '../../../support/http.ts'

const ORDER = { userId: 'user_123', tier: 'pro' }

const event = (body: string | Buffer, headers = {}) => ({
  ...aPost('', { headers }),
  body: body.toString(typeof body === 'string' ? undefined : 'base64'),
  isBase64Encoded: typeof body !== 'string',
})
const readOrder = (body: string | Buffer, headers = {}) =>
  parseJsonRequest(event(body, headers), generateSchema(catalog), {
    required: ['userId', 'tier'],
    missing: 'Missing required fields',
  })
const readKey = (body: string) =>
  parseJsonRequest(event(body), verifySchema, { required: ['license'], missing: 'No license' })

/** Returns the problem that a function throws. */
function problemOf(read: () => unknown): Problem {
  try {
    read()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('Nothing was thrown')
}
const pathsOf = (read: () => unknown) => [
  ...new Set(problemOf(read).fields?.map(({ path }) => path)),
]

describe('the bytes of a body', () => {
  it.each([
    ['text', 'é🦅', Buffer.from('é🦅')],
    ['base64', Buffer.from([0, 255, 128]), Buffer.from([0, 255, 128])],
    ['nothing', '', Buffer.alloc(0)],
  ])('are decoded from %s', (_, body, bytes) => {
    expect(rawBody(event(body), 100)).toEqual(bytes)
  })

  it('are empty without a body', () => {
    expect(rawBody(aPost(undefined), 0)).toEqual(Buffer.alloc(0))
  })

  it.each([
    ['characters of one byte', 'x'.repeat(1024), 'x'.repeat(1025)],
    ['characters of two bytes', 'é'.repeat(512), 'é'.repeat(513)],
    ['base64', Buffer.alloc(1024), Buffer.alloc(1025)],
  ])('are limited in bytes for %s', (_, fits, tooLarge) => {
    expect(rawBody(event(fits), 1024)).toHaveLength(1024)
    expect(problemOf(() => rawBody(event(tooLarge), 1024))).toMatchObject({
      code: 'TOO_LARGE',
      error: 'The body is larger than 1 KiB',
    })
  })
})

describe('a JSON body', () => {
  it('is limited to 64 KiB', () => {
    const padded = (size: number) => JSON.stringify(ORDER).padEnd(size)
    expect(readOrder(padded(65_536))).toMatchObject({ userId: 'user_123' })
    expect(problemOf(() => readOrder(padded(65_537))).code).toBe('TOO_LARGE')
  })

  it.each([
    ['text/plain'],
    ['application/json-patch+json'],
    ['text/plain; application/json'],
    [''],
    [undefined],
  ])('is rejected with the content type %j', (type) => {
    const read = () => readOrder(JSON.stringify(ORDER), { 'content-type': type })
    expect(pathsOf(read)).toEqual(['headers.content-type'])
  })

  it.each([['application/json'], ['APPLICATION/JSON'], [' application/json ;charset=utf-8']])(
    'is accepted with the content type %j',
    (type) => {
      expect(readOrder(JSON.stringify(ORDER), { 'content-type': type })).toMatchObject({
        userId: 'user_123',
      })
    },
  )

  it.each([
    ['a text cut short', '{"license":"QF-PRO-0123456789ab-1'],
    ['a bare text', 'QF-PRO-0123456789ab-1735689600'],
    ['NaN', '{"userId":"QF-PRO-0123456789ab-1","duration":NaN}'],
    ['a trailing comma', '{"license":"QF-PRO-0123456789ab-1",}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0x51, 0x46, 0x2d, 0xff, 0xfe, 0x22])],
    ['half of a character', Buffer.from([0x22, 0xf0, 0x9f, 0x22])],
    ['nothing', ''],
  ])('that is %s is rejected without quoting it', (_, body) => {
    const problem = problemOf(() => readOrder(body))
    expect(problem).toMatchObject({
      code: 'INVALID_REQUEST',
      error: 'The body is not valid JSON',
      fields: [{ path: '', message: 'must be JSON in UTF-8' }],
    })
    expect(problem.cause).toBeUndefined()
    expect(inspect(problem, { depth: 9, showHidden: true })).not.toMatch(/QF-|NaN|SyntaxError/)
  })

  it.each([['null'], ['[]'], ['[{"license":"x"}]'], ['"text"'], ['7'], ['true']])(
    'that is %s is not an object',
    (body) => {
      expect(problemOf(() => readOrder(body))).toMatchObject({
        error: 'Invalid request',
        fields: [{ path: '', message: 'must be an object' }],
      })
      expect(problemOf(() => readKey(body)).error).toBe('Invalid request')
    },
  )

  it.each([['{}'], ['{"license":""}'], ['{"license":null}'], ['{"__proto__":{"license":"x"}}']])(
    'that is %s lacks the license',
    (body) => {
      expect(problemOf(() => readKey(body))).toMatchObject({
        error: 'No license',
        fields: [{ path: 'license' }],
      })
    },
  )

  it('with a license that is not a text is invalid, not missing', () => {
    expect(problemOf(() => readKey('{"license":0}'))).toMatchObject({
      error: 'Invalid request',
      fields: [{ path: 'license', message: 'must be a string' }],
    })
  })
})

describe('a request to generate a license', () => {
  it('is parsed with all its fields, without unknown ones', () => {
    const order = {
      ...ORDER,
      userId: '🦅'.repeat(128),
      userEmail: 'ünï@exämple.com',
      duration: 36_500,
      paymentIntentId: 'p'.repeat(256),
    }
    const body = JSON.stringify({ ...order, isAdmin: true, timestamp: 1 })
    expect(readOrder(body)).toEqual({ ...order, tier: { ...catalog.tiers['pro'], name: 'pro' } })
  })

  it.each([[{ duration: 1 }], [{ duration: -1 }], [{ userEmail: null, paymentIntentId: null }]])(
    'accepts %j',
    (change) => {
      expect(readOrder(JSON.stringify({ ...ORDER, ...change }))).toMatchObject(change)
    },
  )

  it.each<[string, unknown]>([
    ['userId', null],
    ['userId', ''],
    ['userId', 7],
    ['userId', ['u']],
    ['userId', 'a\ud800'],
    ['userId', '\udc00a'],
    ['tier', null],
    ['tier', 'platinum'],
    ['tier', 'PRO'],
    ['tier', ''],
    ['tier', '__proto__'],
    ['tier', 'toString'],
    ['tier', { name: 'pro' }],
    ['duration', null],
    ['duration', 0],
    ['duration', -2],
    ['duration', 1.5],
    ['duration', 36_501],
    ['duration', 1e9],
    ['duration', '30'],
    ['duration', true],
    ['duration', [30]],
    ['userEmail', ''],
    ['userEmail', 'nobody'],
    ['userEmail', 'a@b@example.com\n'],
    ['userEmail', 'a\ud800@example.com'],
    ['userEmail', 7],
    ['paymentIntentId', ''],
    ['paymentIntentId', '\ud800'],
    ['paymentIntentId', 7],
  ])('rejects %s: %p', (field, value) => {
    expect(pathsOf(() => readOrder(JSON.stringify({ ...ORDER, [field]: value })))).toEqual([field])
  })

  it.each(
    [
      ['userId', 'x'.repeat(257)],
      ['paymentIntentId', 'x'.repeat(257)],
      ['userEmail', `${'a'.repeat(64)}@${'b'.repeat(190)}`],
    ].map(([field = '', text = '']) => [field, text.length, text] as const),
  )('rejects a %s of %d characters', (field, _, text) => {
    expect(pathsOf(() => readOrder(JSON.stringify({ ...ORDER, [field]: text })))).toEqual([field])
  })

  it('rejects an infinite duration', () => {
    expect(pathsOf(() => readOrder('{"userId":"u","tier":"pro","duration":1e999}'))).toEqual([
      'duration',
    ])
  })

  it('reports all invalid fields, and the valid tiers', () => {
    const { error, fields } = problemOf(() => readOrder('{"userId":7,"tier":"x","duration":0}'))
    expect(error).toBe('Invalid request')
    expect(fields).toEqual([
      { path: 'userId', message: 'must be a string' },
      { path: 'tier', message: 'must be one of free, pro, elite, lifetime' },
      {
        path: 'duration',
        message: 'must be whole days from 1 to 36500, or -1 for lifetime',
      },
    ])
  })

  it.each([['{}'], ['{"userId":"u"}'], ['{"userId":"","tier":"pro"}'], ['{"tier":null}']])(
    'that is %s lacks required fields',
    (body) => {
      expect(problemOf(() => readOrder(body)).error).toBe('Missing required fields')
    },
  )
})

describe('an Idempotency-Key', () => {
  const read = (key: string | undefined) =>
    idempotencyKey(aPost({}, { headers: { 'idempotency-key': key } }))

  it.each([[undefined], ['k'], ['!~'], ['a:b#c/d'], ['k'.repeat(255)]])('accepts %p', (key) => {
    expect(read(key)).toBe(key)
  })

  it.each([[''], [' '], ['a b'], ['a\n'], ['é'], ['🦅'], ['\u007f'], ['k'.repeat(256)]])(
    'rejects %j',
    (key) => {
      expect(pathsOf(() => read(key))).toEqual(['headers.idempotency-key'])
    },
  )
})
