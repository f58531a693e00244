import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { refusalResponse, resolveFeatures, wireExpiry } from '../../../../lib/http/licenseBody.ts'
import { DAY_MS, type RefusalCode } from '../../../../lib/license/index.ts'
import { bodyOf } from '../../../support/http.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'

const FREE = catalog.tiers['free']?.features

describe('wireExpiry', () => {
  it.each([
    ['the expiry', NOW + 7, NOW + 7],
    ['an expiry of 0', 0, 0],
    ['100 years of 365 days after the issue for a lifetime license', null, NOW + 36_500 * DAY_MS],
  ])('returns %s', (_, expiresAt, shown) => {
    expect(wireExpiry(aLicense({ createdAt: NOW + 999 }), expiresAt)).toBe(shown)
  })
})

describe('resolveFeatures', () => {
  it('returns the features of the tier', () => {
    expect(resolveFeatures('elite', catalog)).toEqual(catalog.tiers['elite']?.features)
  })

  it.each([['platinum'], ['constructor'], ['__proto__'], ['']])(
    'returns those of the fallback tier for the unknown tier %j',
    (tier) => {
      expect(resolveFeatures(tier, catalog)).toEqual(FREE)
    },
  )

  it('returns none without a fallback tier', () => {
    expect(resolveFeatures('platinum', { ...catalog, fallbackTier: 'toString' })).toEqual([])
  })
})

describe('the response for an invalid license', () => {
  it.each<[RefusalCode, object]>([
    ['MALFORMED', { code: 'NOT_FOUND', error: 'Invalid format', retryable: false }],
    ['NOT_FOUND', { code: 'NOT_FOUND', error: 'License not found', retryable: false }],
    ['SUSPENDED', { code: 'SUSPENDED', error: 'License suspended', retryable: false }],
    ['REVOKED', { code: 'REVOKED', error: 'License revoked', retryable: false }],
    ['PENDING', { code: 'PENDING', error: 'Payment not confirmed yet', retryable: true }],
    [
      'EXPIRED',
      {
        code: 'EXPIRED',
        error: 'License expired',
        retryable: false,
        fallback: { tier: 'free', features: FREE },
      },
    ],
  ])('has exactly the fields of the seed for %s', (refusal, body) => {
    const response = refusalResponse(refusal, catalog)
    expect(response.statusCode).toBe(401)
    expect(bodyOf(response)).toEqual({ valid: false, ...body })
  })
})
