import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import {
  deriveKey,
  MasterKeyFault,
  parseKey,
  sameKey,
  toLicenseId,
} from '../../../../lib/license/key.ts'
import type { LicenseKey } from '../../../../lib/license/license.ts'
import { aRing, aSecret, NOW, someKeys } from '../../../support/licenses.ts'

/*
 * The keys in seedKeys.json are the seed's own. This writes them anew, given the seed's document:
 *
 * python3 - backend-implementation-example.md tests/fixtures/seedKeys.json <<'EOF'
 * import contextlib, json, re, sys, time
 * seed, fixture = [open(path, encoding='utf-8').read() for path in sys.argv[1:]]
 * blocks = re.findall(r'```python\n(.*?)```', seed, re.S)
 * exec(next(code for code in blocks if 'class LicenseService' in code))
 * vectors = json.loads(fixture)
 * for v in vectors:
 *     time.time = lambda: v['issuedAt']
 *     with contextlib.redirect_stdout(sys.stderr):
 *         made = LicenseService(v['masterKey']).generate_license(v['userId'], '', v['tier'])
 *     v['key'] = made['license']
 * open(sys.argv[2], 'w').write(json.dumps(vectors, indent=2) + '\n')
 * EOF
 */
const vectors: {
  name: string
  userId: string
  tier: string
  masterKey: string
  issuedAt: number
  key: string
}[] = JSON.parse(readFileSync(new URL('../../../fixtures/seedKeys.json', import.meta.url), 'utf8'))

const keys = someKeys()
const origin = { subject: 'user_123', tier: 'pro', issuedAt: NOW / 1000, keyVersion: '1' }

const anyOrigin = fc.record({
  subject: fc.string({ unit: 'binary', minLength: 1 }),
  tier: fc.stringMatching(/^[a-z][a-z0-9_]{0,31}$/),
  issuedAt: fc.integer({ min: 1, max: 999_999_999_999 }),
  keyVersion: fc.constant('1'),
})
const anyKey = anyOrigin.map((any) => deriveKey(any, keys))
const anyBlanks = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

describe('a key', () => {
  it.each(vectors)('equals the key of the seed for $name', (vector) => {
    const ring = aRing('1', { '1': vector.masterKey })
    const { userId: subject, tier, issuedAt } = vector
    expect(deriveKey({ subject, tier, issuedAt, keyVersion: '1' }, { ring, prefix: 'QF' })).toBe(
      vector.key,
    )
    expect(parseKey(vector.key, 'QF')).toBe(vector.key)
  })

  it('is compared with the seed in every tier', () => {
    const tiers = vectors.map(({ tier }) => tier)
    expect(tiers).toEqual(expect.arrayContaining(Object.keys(catalog.tiers)))
    expect(new Set(vectors.map(({ key }) => key)).size).toBe(vectors.length)
  })

  it('starts with the prefix of the catalog', () => {
    expect(deriveKey(origin, { ...keys, prefix: 'ACME2' })).toMatch(/^ACME2-PRO-/)
  })

  it('is derived with the master key of its origin', () => {
    const ring = aRing('2', { '1': 'old', '2': 'new' })
    const made = (keyVersion: string) =>
      deriveKey({ ...origin, keyVersion }, { ring, prefix: 'QF' })
    expect(made('1')).toBe(deriveKey(origin, { ring: aRing('1', { '1': 'old' }), prefix: 'QF' }))
    expect(made('2')).not.toBe(made('1'))
  })

  it('throws an error with the version of a missing master key', () => {
    const lost = () => deriveKey({ ...origin, keyVersion: '9' }, keys)
    expect(lost).toThrow(MasterKeyFault)
    expect(lost).toThrow('The key ring has no master key of version "9"')
  })

  it('signs an unambiguous text', () => {
    const text = (...parts: string[]) =>
      fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 }).map((all) => all.join(''))
    const confusable = fc.record({
      subject: text('a', ':', ':a:', ':a:1', '1'),
      tier: text('a', 'aa'),
      issuedAt: fc.constantFrom(1, 11, 111),
      keyVersion: fc.constant('1'),
    })
    const signatureOf = (key: string) => key.split('-')[2]
    fc.assert(
      fc.property(confusable, confusable, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        expect(signatureOf(deriveKey(one, keys))).not.toBe(signatureOf(deriveKey(other, keys)))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parsing a key', () => {
  it('returns every derived key', () => {
    fc.assert(fc.property(anyKey, (key) => expect(parseKey(key, 'QF')).toBe(key)))
  })

  it('ignores surrounding white space and the case of prefix and tier', () => {
    const anyTyping = fc.array(fc.boolean(), { minLength: 1 })
    fc.assert(
      fc.property(anyKey, anyBlanks, anyBlanks, anyTyping, (key, before, after, lower) => {
        const [prefix, tier, ...rest] = key.split('-')
        const shown = [...`${prefix}-${tier}`].map((letter, index) =>
          lower[index % lower.length] ? letter.toLowerCase() : letter,
        )
        const typed = `${before}${[shown.join(''), ...rest].join('-')}${after}`
        expect(parseKey(typed, 'QF')).toBe(key)
      }),
    )
  })

  it('rejects a signature in upper case', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        fc.pre(/[a-f]/.test(key.split('-')[2] ?? ''))
        expect(parseKey(key.toUpperCase(), 'QF')).toBeUndefined()
      }),
    )
  })

  it('returns an issued spelling or undefined for any text', () => {
    const digits = 'QFqfPROpro-_0123456789abcdefABCDEF \n\u0000ſK🦅'
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...digits), maxLength: 60 }),
      fc.stringMatching(/^[Qq][FfG]-[A-Za-z0-9_-]{0,33}-[0-9a-fA-F]{11,13}-[0-9]{0,13}.?$/),
    )
    fc.assert(
      fc.property(anyText, (text) => {
        const key = parseKey(text, 'QF')
        if (key === undefined) return
        expect(key).toMatch(/^QF-[A-Z][A-Z0-9_]{0,31}-[0-9a-f]{12}-[1-9][0-9]{0,11}$/)
        expect(parseKey(key, 'QF')).toBe(key)
        expect(text.trim().toUpperCase()).toBe(key.toUpperCase())
      }),
      { numRuns: 2000 },
    )
  })

  it('distinguishes keys that differ in one character', () => {
    const anyCharacter = fc.oneof(
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    )
    fc.assert(
      fc.property(anyKey, fc.nat(), anyCharacter, (key, at, character) => {
        const index = at % key.length
        fc.pre(key.charAt(index) !== character.toUpperCase())
        const changed = `${key.slice(0, index)}${character}${key.slice(index + 1)}`
        fc.pre(changed !== key)
        expect(parseKey(changed, 'QF')).not.toBe(key)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['another prefix', 'XX-PRO-0123456789ab-1735689600'],
    ['more before the prefix', 'AQF-PRO-0123456789ab-1735689600'],
    ['words before the key', 'key: QF-PRO-0123456789ab-1735689600'],
    ['words after the key', 'QF-PRO-0123456789ab-1735689600 please'],
    ['a tier that begins with a digit', 'QF-1PRO-0123456789ab-1735689600'],
    ['a tier of 33 characters', `QF-${'A'.repeat(33)}-0123456789ab-1735689600`],
    ['a signature of 11 digits', 'QF-PRO-0123456789a-1735689600'],
    ['a signature of 13 digits', 'QF-PRO-0123456789abc-1735689600'],
    ['the second 0', 'QF-PRO-0123456789ab-0'],
    ['a second of 13 digits', 'QF-PRO-0123456789ab-1000000000000'],
    ['a sign before the second', 'QF-PRO-0123456789ab-+1735689600'],
    ['a blank inside', 'QF-PRO -0123456789ab-1735689600'],
    ['two lines', 'QF-PRO-0123456789ab-1735689600\nx'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(parseKey(text, 'QF')).toBeUndefined()
  })

  it('accepts a tier of 32 characters', () => {
    const text = `QF-${'A'.repeat(32)}-0123456789ab-1`
    expect(parseKey(text, 'QF')).toBe(text)
  })
})

describe('the id of a license', () => {
  /** An independent base32: the whole as one number in base 32, its digits in the other alphabet. */
  const base32 = (bytes: Buffer) => {
    const length = Math.ceil((bytes.length * 8) / 5)
    const number = BigInt(`0x${bytes.toString('hex')}`) << BigInt(length * 5 - bytes.length * 8)
    return number
      .toString(32)
      .padStart(length, '0')
      .replace(/./g, (digit) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(digit, 32)))
  }
  const key = deriveKey(origin, keys)

  it.each([
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('is checked against a base32 that agrees with RFC 4648 on %s', (text, encoded) => {
    expect(base32(Buffer.from(text))).toBe(encoded)
  })

  it('is the base32 of an HMAC of the key', () => {
    fc.assert(
      fc.property(anyKey, fc.string({ minLength: 1 }), (any, pepper) => {
        const digest = createHmac('sha256', pepper).update(any).digest()
        const id = toLicenseId(any, aSecret(pepper))
        expect(id).toBe(`lic_${base32(digest)}`)
        expect(id).toMatch(/^lic_[a-z2-7]{52}$/)
      }),
    )
  })

  it('is stable, since licenses are stored under it', () => {
    expect(toLicenseId(key, keys.pepper)).toBe(
      'lic_shz6aou4dsekkx6d3s6bggrrjn5wzfegjpvwaqcxsfpyewn63naa',
    )
  })

  it('differs by key and by pepper', () => {
    const other = deriveKey({ ...origin, subject: 'user_124' }, keys)
    const ids = [
      toLicenseId(key, keys.pepper),
      toLicenseId(other, keys.pepper),
      toLicenseId(key, aSecret('other_pepper')),
    ]
    expect(new Set(ids).size).toBe(3)
  })
})

describe('comparing keys', () => {
  it.each([
    ['the same key', 'QF-PRO-0123456789ab-1', 'QF-PRO-0123456789ab-1', true],
    ['another last character', 'QF-PRO-0123456789ab-1', 'QF-PRO-0123456789ab-2', false],
    ['another first character', 'QF-PRO-0123456789ab-1', 'XF-PRO-0123456789ab-1', false],
    ['a longer key', 'QF-PRO-0123456789ab-1', 'QF-PRO-0123456789ab-12', false],
    ['a shorter key', 'QF-PRO-0123456789ab-12', 'QF-PRO-0123456789ab-1', false],
  ])('compares %s', (_, a, b, same) => {
    expect(sameKey(a as LicenseKey, b as LicenseKey)).toBe(same)
  })
})
