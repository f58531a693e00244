import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { refusalResponse, resolveFeatures, wireExpiry } from '../../../../lib/http/licenseBody.ts'
import { DAY_MS, type RefusalCode } from '../../../../lib/license/index.ts'
import { bodyOf } from '../../../support/http.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'

const FREE = catalog.tiers['free']?.features

describe('the end of a license in an answer', () => {
  it.each([
    ['its own', NOW + 7, NOW + 7],
    ['even the first moment there was', 0, 0],
    ['100 years of 365 days after its issue, for one without an end', null, NOW + 36_500 * DAY_MS],
  ])('is %s', (_, expiresAt, shown) => {
    expect(wireExpiry(aLicense({ createdAt: NOW + 999 }), expiresAt)).toBe(shown)
  })
})

describe('the features in an answer', () => {
  it('are those of the tier', () => {
    expect(resolveFeatures('elite', catalog)).toEqual(catalog.tiers['elite']?.features)
  })

  it.each([['platinum'], ['constructor'], ['__proto__'], ['']])(
    'are those of the fallback for %j, which is not sold',
    (tier) => {
      expect(resolveFeatures(tier, catalog)).toEqual(FREE)
    },
  )

  it('are none where there is no fallback either', () => {
    expect(resolveFeatures('platinum', { ...catalog, fallbackTier: 'toString' })).toEqual([])
  })
})

describe('the answer for a key that is not good', () => {
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
  ])('says of %s what the seed says, and no more', (refusal, body) => {
    const response = refusalResponse(refusal, catalog)
    expect(response.statusCode).toBe(401)
    expect(bodyOf(response)).toEqual({ valid: false, ...body })
  })
})
