/** What every client has to accept or refuse, in whatever language: made of fixed keys, so that it is always the same. */

import { createHmac, sign as ed25519 } from 'node:crypto'
import { type SigningKey, signingKeyOf } from '../../lib/signing/key.ts'
import { publishKeys } from '../../lib/signing/publish.ts'
import { toKey, toRing } from '../../lib/signing/secret.ts'
import { endorse, signToken } from '../../lib/signing/token.ts'

export interface Vector {
  readonly name: string
  readonly token: string
  /** What the client sent. None: the token is a lease that was kept, and its times count. */
  readonly nonce?: string
  /** What the client calls its device. None: the token may name none. */
  readonly deviceId?: string
  /** The clock of the client, in seconds since the epoch. */
  readonly now: number
  /** A list of revocations that the client could get. */
  readonly revocations?: string
  readonly accept: boolean
  /** What an accepted token says. */
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

/** A token with something else in it than was signed. */
function tampered(token: string, claims: object): string {
  const parts = token.split('.')
  const said = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())
  return parts.with(1, encode({ ...said, ...claims })).join('.')
}

/** The whole file. `keys` is what an app is built with. */
export async function conformance() {
  const named = (name: string) => signingKeyOf(toKey(`conformance ${name}`))
  const [own, next, last, foreign, stray] = await Promise.all(
    ['own', 'next', 'last', 'foreign', 'stray'].map(named),
  )
  if (!own || !next || !last || !foreign || !stray) throw new Error('A key could not be made')

  const published = await publishKeys(
    toRing({ keys: [{ secret: 'conformance own', signsFrom: 0 }], endorsements: [] }),
    NOW * 1000,
  )
  const endorsements = [
    await endorse(own, next.publicJwk, NOW * 1000),
    await endorse(next, last.publicJwk, NOW * 1000),
    // Whoever sits on the line can speak for himself only.
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
  const good = { accept: true, code: 'VALID' }
  const bad = { accept: false }
  const header = { alg: 'EdDSA', typ: 'license+jwt', kid: own.publicJwk.kid }
  /** Signed by the right key all the same: only the header is at fault. */
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
  const underOwnName = { ...foreign, publicJwk: own.publicJwk }

  const vectors: readonly (Omit<Vector, 'token'> & { readonly token: string | Promise<string> })[] =
    [
      { name: 'an answer', token: answer(), ...online, ...good },
      {
        name: 'an answer on a device whose clock is a day late',
        token: answer(),
        ...online,
        now: NOW - DAY,
        ...good,
      },
      {
        name: 'an answer on a device whose clock is a day early',
        token: answer(),
        ...online,
        now: NOW + DAY,
        ...good,
      },
      {
        name: 'an answer for no device',
        token: answer({ deviceId: undefined }),
        nonce: NONCE,
        now: NOW,
        ...good,
      },
      {
        name: 'an answer that the license was revoked',
        token: answer({ code: 'REVOKED', state: 'revoked' }),
        ...online,
        accept: true,
        code: 'REVOKED',
      },
      {
        name: 'an answer that the license expired',
        token: answer({ code: 'EXPIRED', state: 'expired' }),
        ...online,
        accept: true,
        code: 'EXPIRED',
      },
      {
        name: 'an answer with another nonce',
        token: answer({ nonce: 'another-nonce-123' }),
        ...online,
        ...bad,
      },
      { name: 'a lease as an answer', token: sign(), ...online, ...bad },
      {
        name: 'an answer for another device',
        token: answer({ deviceId: 'other' }),
        ...online,
        ...bad,
      },
      {
        name: 'an answer for no device on a device',
        token: answer({ deviceId: undefined }),
        ...online,
        ...bad,
      },
      {
        name: 'an answer with the name of a key that is not known',
        token: answer({}, { by: foreign }),
        ...online,
        ...bad,
      },
      {
        name: 'an answer that another key signed under a known name',
        token: answer({}, { by: underOwnName }),
        ...online,
        ...bad,
      },
      {
        name: 'an answer without the name of a key',
        token: withHeader({ kid: undefined }),
        ...online,
        ...bad,
      },
      {
        name: 'alg none',
        token: withHeader({ alg: 'none' }),
        ...online,
        ...bad,
      },
      {
        name: 'alg none without a signature',
        token: (async () => {
          const token = await withHeader({ alg: 'none' })
          return `${token.split('.').slice(0, 2).join('.')}.`
        })(),
        ...online,
        ...bad,
      },
      { name: 'alg HS256 with the public key', token: hs256(raw), ...online, ...bad },
      {
        name: 'alg HS256 with the public key as a JWK',
        token: hs256(Buffer.from(JSON.stringify(own.publicJwk))),
        ...online,
        ...bad,
      },
      {
        name: 'a header that must be understood and is not',
        token: withHeader({ crit: ['b64'], b64: false }),
        ...online,
        ...bad,
      },
      {
        name: 'claims that were changed',
        token: answer().then((token) => tampered(token, { tier: 'elite' })),
        ...online,
        ...bad,
      },
      {
        name: 'a signature that was changed',
        token: (async () => {
          const [head, body, signature = ''] = (await answer()).split('.')
          return `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
        })(),
        ...online,
        ...bad,
      },
      { name: 'no token', token: '', ...online, ...bad },
      { name: 'a text', token: 'VALID', ...online, ...bad },
      {
        name: 'a list of revocations as an answer',
        token: answer({}, { type: 'revocations' }),
        ...online,
        ...bad,
      },
      {
        name: 'what a key says for another as an answer',
        token: answer({}, { type: 'endorsement' }),
        ...online,
        ...bad,
      },

      { name: 'a lease', token: sign(), ...offline, ...good },
      {
        name: 'a lease in its last seconds',
        token: sign({}, { from: -14 * DAY - SKEW + 1 }),
        ...offline,
        ...good,
      },
      {
        name: 'a lease that is over',
        token: sign({}, { from: -14 * DAY - SKEW - 1 }),
        ...offline,
        ...bad,
      },
      {
        name: 'a lease of a clock that is a little early',
        token: sign({}, { from: SKEW - 1 }),
        ...offline,
        ...good,
      },
      { name: 'a lease of the future', token: sign({}, { from: SKEW + 1 }), ...offline, ...bad },
      { name: 'a lease of another device', token: sign({ deviceId: 'other' }), ...offline, ...bad },
      {
        name: 'a kept answer that there is no such key',
        token: signToken(
          own,
          'verdict',
          { code: 'NOT_FOUND', deviceId: DEVICE },
          { now: NOW * 1000, until: (NOW + SKEW) * 1000 },
        ),
        ...offline,
        accept: true,
        code: 'NOT_FOUND',
      },
      {
        name: 'a kept answer that the license was revoked, a month later',
        token: answer({ code: 'REVOKED', state: 'revoked' }),
        ...offline,
        now: NOW + 30 * DAY,
        accept: true,
        code: 'REVOKED',
      },
      {
        name: 'a lease without an end',
        token: signToken(own, 'verdict', CLAIMS, { now: NOW * 1000 }),
        ...offline,
        ...bad,
      },
      {
        name: 'a lease that a later key signed',
        token: sign({}, { by: last }),
        ...offline,
        ...good,
      },
      {
        name: 'a lease by a key that a foreign one spoke for',
        token: sign({}, { by: stray }),
        ...offline,
        ...bad,
      },

      {
        name: 'a lease that was revoked',
        token: sign(),
        ...offline,
        revocations: await list({ [revoked]: NOW }),
        ...bad,
      },
      {
        name: 'a lease of after the revocation',
        token: sign(),
        ...offline,
        revocations: await list({ [revoked]: NOW - 1 }),
        ...good,
      },
      {
        name: 'a lease of another license than was revoked',
        token: sign(),
        ...offline,
        revocations: await list({ mnopqrstuvwx: NOW }),
        ...good,
      },
      {
        name: 'a lease beside a list that nobody trusted signed',
        token: sign(),
        ...offline,
        revocations: await list({ [revoked]: NOW }, foreign),
        ...good,
      },
    ]
  return {
    keys: { ...published, endorsements },
    vectors: await Promise.all(
      vectors.map(async ({ token, ...vector }): Promise<Vector> => {
        const { name, ...rest } = vector
        return { name, token: await token, ...rest }
      }),
    ),
  }
}
