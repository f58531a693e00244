import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { Tier } from '../../../../lib/catalog/schema.ts'
import { findTier } from '../../../../lib/catalog/tier.ts'

describe('a tier by its name', () => {
  it.each(Object.keys(catalog.tiers))('is found for %s', (name) => {
    expect(findTier(catalog, name)).toBe(catalog.tiers[name])
  })

  it.each([
    [''],
    ['platinum'],
    ['PRO'],
    [' pro'],
    ['constructor'],
    ['__proto__'],
    ['toString'],
    ['hasOwnProperty'],
  ])('is not found for %j', (name) => {
    expect(findTier(catalog, name)).toBeUndefined()
  })

  it('is found for an inherited property name that the catalog defines', () => {
    const tiers = Object.fromEntries([['constructor', catalog.tiers['pro'] as Tier]])
    expect(findTier({ ...catalog, tiers }, 'constructor')).toBe(catalog.tiers['pro'])
  })
})
