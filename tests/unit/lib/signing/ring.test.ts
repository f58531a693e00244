import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { compactVerify, importJWK } from 'jose'
import { DAY_MS } from '../../../../lib/license/index.ts'
import { signingKeyOf } from '../../../../lib/signing/key.ts'
import { publishKeys } from '../../../../lib/signing/publish.ts'
import { liveAt, PUBLISHED_MS, RETIRED_MS, signerAt } from '../../../../lib/signing/ring.ts'
import { rotate } from '../../../../lib/signing/rotate.ts'
import { parseRingSecret, type RingSecret, toKey, toRing } from '../../../../lib/signing/secret.ts'
import { NOW } from '../../../support/licenses.ts'

const FIRST: RingSecret = parseRingSecret('first')
const kidOf = async (secret: string) => (await signingKeyOf(toKey(secret))).publicJwk.kid
const signer = ({ ring }: { ring: RingSecret }, now: number) => signerAt(toRing(ring), now)
const live = ({ ring }: { ring: RingSecret }, now: number) =>
  ring.keys
    .filter(({ signsFrom }) => liveAt(toRing(ring), now).some((key) => key.signsFrom === signsFrom))
    .map(({ secret }) => secret)

describe('a signing key', () => {
  it('is an Ed25519 pair derived from a text', async () => {
    const { publicJwk, privateKey } = await signingKeyOf(toKey('a text'))
    expect(privateKey.asymmetricKeyType).toBe('ed25519')
    expect(publicJwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      // By HKDF and RFC 8032 in another implementation: Python's cryptography.
      x: '6TvQPPLkCGWhdCFOT5GcMlgSXrvUvnaHI4wIXgRfM6M',
      kid: 'qD82QXhI3aU7mLgvDfmpHzEaCy5OLenEUKDDZJj-_l0',
      use: 'sig',
      alg: 'EdDSA',
    })
    expect(await kidOf('another text')).not.toBe(publicJwk.kid)
  })
})

describe('the secret of a ring', () => {
  it.each([[''], ['{"keys":'], ['["x"]'], [7], [null], [{}], [{ keys: [], endorsements: [] }]])(
    'cannot be %j',
    (value) => {
      expect(() => parseRingSecret(value)).toThrow()
    },
  )

  it('is the text of the only key after the first deployment', () => {
    expect(FIRST).toEqual({ keys: [{ secret: 'first', signsFrom: 0 }], endorsements: [] })
  })
})

describe('a rotation', () => {
  it('publishes a key two days before it signs, and the old one as long as a lease may last', async () => {
    const rotated = await rotate(FIRST, 'second', NOW)
    expect(rotated).toMatchObject({
      from: await kidOf('first'),
      to: await kidOf('second'),
      signsFrom: NOW + PUBLISHED_MS,
      dropped: 0,
    })
    expect(live(rotated, NOW)).toEqual(['first', 'second'])
    const start = NOW + PUBLISHED_MS
    expect(signer(rotated, start - 1).signsFrom).toBe(0)
    expect(signer(rotated, start).signsFrom).toBe(start)
    expect(live(rotated, start + RETIRED_MS - 1)).toEqual(['first', 'second'])
    expect(live(rotated, start + RETIRED_MS)).toEqual(['second'])
    expect(RETIRED_MS).toBeGreaterThan(90 * DAY_MS)
  })

  it('fails while an earlier new key does not sign yet', async () => {
    const { ring } = await rotate(FIRST, 'second', NOW)
    await expect(rotate(ring, 'third', NOW + PUBLISHED_MS - 1)).rejects.toThrow(
      'signs from 2025-01-03T00:00:00.000Z on: rotate again later',
    )
    const again = await rotate(ring, 'third', NOW + PUBLISHED_MS)
    expect(live(again, NOW + PUBLISHED_MS)).toEqual(['first', 'second', 'third'])
  })

  it('removes expired keys and keeps their endorsements', async () => {
    let now = NOW
    let rotated = await rotate(FIRST, 'second', now)
    now += PUBLISHED_MS + RETIRED_MS
    rotated = await rotate(rotated.ring, 'third', now)
    expect(rotated.dropped).toBe(1)
    expect(rotated.ring.keys.map(({ secret }) => secret)).toEqual(['second', 'third'])
    expect(rotated.ring.endorsements).toHaveLength(2)
    expect(signer(rotated, now).signsFrom).toBe(NOW + PUBLISHED_MS)
  })

  it('endorses the new key with the old one', async () => {
    const { ring } = await rotate(FIRST, 'second', NOW)
    const { keys, endorsements } = await publishKeys(toRing(ring), NOW)
    const [first, second] = keys
    if (!first || !second) throw new Error('Two keys were to be published')
    const { protectedHeader, payload } = await compactVerify(
      endorsements[0] ?? '',
      await importJWK({ ...first }),
    )
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'license-key+jwt', kid: first.kid })
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
      jwk: second,
      iat: NOW / 1000,
    })
  })

  it('publishes no private key', async () => {
    const { ring } = await rotate(FIRST, 'second', NOW)
    const { keys } = await publishKeys(toRing(ring), NOW)
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
    }
  })

  it('replaces leaked keys immediately and unpublishes them', async () => {
    const pending = await rotate(FIRST, 'second', NOW)
    const rotated = await rotate(pending.ring, 'third', NOW, true)
    expect(rotated).toMatchObject({ signsFrom: 0, dropped: 2 })
    expect(live(rotated, NOW)).toEqual(['third'])
    expect(signer(rotated, NOW - DAY_MS).signsFrom).toBe(0)
  })

  it('fails for a ring whose first key does not sign yet', () => {
    const ring = toRing({ keys: [{ secret: 'x', signsFrom: NOW }], endorsements: [] })
    expect(() => signerAt(ring, NOW - 1)).toThrow('No key of the signing ring signs yet')
  })
})

describe('the encoding of a private key', () => {
  it('equals the encoding of Node.js', () => {
    const der = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })
    expect(der.subarray(0, -32).toString('hex')).toBe('302e020100300506032b657004220420')
  })
})
