/** Test vectors for clients in any language. They use fixed keys, so that the file is reproducible. */

import { createHmac, sign as ed25519 } from 'node:crypto'
import { type SigningKey, signingKeyOf } from '../../lib/signing/key.ts'
import { publishKeys } from '../../lib/signing/publish.ts'
import { toKey, toRing } from '../../lib/signing/secret.ts'
import { endorse, signToken } from '../../lib/signing/token.ts'

export interface Vector {
  readonly name: string
  readonly token: string
  /** Nonce of the request. Without one, the token is a stored lease, whose times count. */
  readonly nonce?: string
  /** Device of the client. Without one, the token must name none. */
  readonly deviceId?: string
  /** Clock of the client, in seconds since the epoch. */
  readonly now: number
  /** Revocation list that the client has. */
  readonly revocations?: string
  readonly accept: boolean
  /** Code of an accepted token. */
  readonly code?: string
}

/** 2027-01-15T08:00:00Z */
const NOW = 1_800_000_000
const DAY = 24 * 60 * 60
const SKEW = 300
const NONCE = 'conformance-nonce-1'
const DEVICE = 'conformance-device'
const LICENSE = 'lic_abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst'

const CLAIMS = {
  code: 'VALID',
  licenseId: LICENSE,
  userId: 'user_123',
  tier: 'pro',
  state: 'active',
  features: ['copy_trading', 'größere_Märkte'],
  expiresAt: (NOW + 30 * DAY) * 1000,
  deviceId: DEVICE,
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Changes claims of a token without signing it again. */
function tamper(token: string, claims: object): string {
  const parts = token.split('.')
  const original = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())
  return parts.with(1, encode({ ...original, ...claims })).join('.')
}

function tamperSignature(token: string): string {
  const [head, body, signature = ''] = token.split('.')
  return `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
}

const withoutSignature = async (token: Promise<string>) => (await token).replace(/[^.]+$/, '')

/** Builds the content of the file. `keys` are those that an app is built with. */
export async function buildVectors() {
  const named = (name: string) => signingKeyOf(toKey(`conformance ${name}`))
  const [own, next, last, foreign, stray] = await Promise.all(
    ['own', 'next', 'last', 'foreign', 'stray'].map(named),
  )
  if (!own || !next || !last || !foreign || !stray) throw new Error('A key is missing')

  const published = await publishKeys(
    toRing({ keys: [{ secret: 'conformance own', signsFrom: 0 }], endorsements: [] }),
    NOW * 1000,
  )
  const endorsements = [
    await endorse(own, next.publicJwk, NOW * 1000),
    await endorse(next, last.publicJwk, NOW * 1000),
    // An attacker can only endorse with a key of its own.
    await endorse(foreign, stray.publicJwk, NOW * 1000),
  ]

  const sign = (
    claims: object = {},
    { by = own, from = 0, days = 14, type = 'verdict' as Parameters<typeof signToken>[1] } = {},
  ) => {
    const now = (NOW + from) * 1000
    return signToken(by, type, { ...CLAIMS, ...claims }, { now, until: now + days * DAY * 1000 })
  }
  const answer = (claims: object = {}, options: Parameters<typeof sign>[1] = {}) =>
    sign({ nonce: NONCE, ...claims }, { days: SKEW / DAY, ...options })
  const list = (revoked: object, by: SigningKey = own) =>
    signToken(by, 'revocations', { number: 7, revoked }, { now: NOW * 1000 })

  const online = { nonce: NONCE, deviceId: DEVICE, now: NOW }
  const offline = { deviceId: DEVICE, now: NOW }
  const header = { alg: 'EdDSA', typ: 'license+jwt', kid: own.publicJwk.kid }
  /** Signs a token with a changed header by the right key. */
  const withHeader = async (changed: object) => {
    const [, body] = (await answer()).split('.')
    const signed = `${encode({ ...header, ...changed })}.${body}`
    return `${signed}.${ed25519(null, Buffer.from(signed), own.privateKey).toString('base64url')}`
  }
  const hs256 = async (secret: Buffer) => {
    const [, body] = (await answer()).split('.')
    const signed = `${encode({ ...header, alg: 'HS256' })}.${body}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const raw = Buffer.from(own.publicJwk.x, 'base64url')
  const revoked = LICENSE.slice(4, 16)
  const notFound = { code: 'NOT_FOUND', deviceId: DEVICE }
  const until = { now: NOW * 1000, until: (NOW + SKEW) * 1000 }
  const underOwnName = { ...foreign, publicJwk: own.publicJwk }

  /** Name, token, context, the code of an accepted token (undefined if it must be refused), and a revocation list. */
  type Row = readonly [
    name: string,
    token: string | Promise<string>,
    context: Pick<Vector, 'nonce' | 'deviceId' | 'now'>,
    code?: string | undefined,
    revocations?: string,
  ]
  const noDevice = { deviceId: undefined }
  const otherDevice = { deviceId: 'other' }
  const rows: readonly Row[] = [
    ['a response', answer(), online, 'VALID'],
    ['a response with a clock a day slow', answer(), { ...online, now: NOW - DAY }, 'VALID'],
    ['a response with a clock a day fast', answer(), { ...online, now: NOW + DAY }, 'VALID'],
    ['a response without a device', answer(noDevice), { nonce: NONCE, now: NOW }, 'VALID'],
    ['a response: revoked', answer({ code: 'REVOKED', state: 'revoked' }), online, 'REVOKED'],
    ['a response: expired', answer({ code: 'EXPIRED', state: 'expired' }), online, 'EXPIRED'],
    ['a response with another nonce', answer({ nonce: 'another-nonce-123' }), online],
    ['a lease in place of a response', sign(), online],
    ['a response for another device', answer(otherDevice), online],
    ['a response without a device, on a device', answer(noDevice), online],
    ['a response by an unknown key', answer({}, { by: foreign }), online],
    ['a response by another key under a known kid', answer({}, { by: underOwnName }), online],
    ['a response without a kid', withHeader({ kid: undefined }), online],
    ['alg none', withHeader({ alg: 'none' }), online],
    ['alg none without a signature', withoutSignature(withHeader({ alg: 'none' })), online],
    ['alg HS256 with the public key', hs256(raw), online],
    ['alg HS256 with the JWK', hs256(Buffer.from(JSON.stringify(own.publicJwk))), online],
    ['an unknown critical header', withHeader({ crit: ['b64'], b64: false }), online],
    ['tampered claims', answer().then((token) => tamper(token, { tier: 'elite' })), online],
    ['a tampered signature', answer().then(tamperSignature), online],
    ['an empty token', '', online],
    ['a token that is not a JWS', 'VALID', online],
    ['a revocation list as a response', answer({}, { type: 'revocations' }), online],
    ['an endorsement as a response', answer({}, { type: 'endorsement' }), online],

    ['a lease', sign(), offline, 'VALID'],
    ['a lease in its last second', sign({}, { from: -14 * DAY - SKEW + 1 }), offline, 'VALID'],
    ['an expired lease', sign({}, { from: -14 * DAY - SKEW - 1 }), offline],
    ['a lease with a slightly slow clock', sign({}, { from: SKEW - 1 }), offline, 'VALID'],
    ['a lease from the future', sign({}, { from: SKEW + 1 }), offline],
    ['a lease of another device', sign(otherDevice), offline],
    [
      'a stored refusal: unknown key',
      signToken(own, 'verdict', notFound, until),
      offline,
      'NOT_FOUND',
    ],
    [
      'a stored refusal: revoked, a month later',
      answer({ code: 'REVOKED', state: 'revoked' }),
      { ...offline, now: NOW + 30 * DAY },
      'REVOKED',
    ],
    ['a lease without an expiry', signToken(own, 'verdict', CLAIMS, { now: NOW * 1000 }), offline],
    ['a lease by an endorsed key', sign({}, { by: last }), offline, 'VALID'],
    ['a lease by a key that an unknown key endorsed', sign({}, { by: stray }), offline],

    ['a revoked lease', sign(), offline, undefined, await list({ [revoked]: NOW })],
    [
      'a lease issued after the revocation',
      sign(),
      offline,
      'VALID',
      await list({ [revoked]: NOW - 1 }),
    ],
    [
      'a revocation of another license',
      sign(),
      offline,
      'VALID',
      await list({ mnopqrstuvwx: NOW }),
    ],
    [
      'a revocation list by an unknown key',
      sign(),
      offline,
      'VALID',
      await list({ [revoked]: NOW }, foreign),
    ],
  ]
  const vectors = rows.map(async ([name, token, context, code, revocations]): Promise<Vector> => {
    const accept = code !== undefined
    const list = revocations === undefined ? {} : { revocations }
    return { name, token: await token, ...context, ...list, accept, ...(accept && { code }) }
  })
  return { keys: { ...published, endorsements }, vectors: await Promise.all(vectors) }
}
