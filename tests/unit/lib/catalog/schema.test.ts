import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { catalogFaults } from '../../../../lib/catalog/schema.ts'

const TIER = {
  label: 'Free',
  highlights: ['Reading'],
  features: ['reading'],
  defaultDurationDays: 30,
  seats: 1,
  requireDevice: false,
  leaseDays: 14,
  graceDays: 14,
  stripePriceIds: [],
}

const aCatalog = (changes: object = {}) => ({
  productName: 'Blue Heron',
  prefix: 'BH',
  fallbackTier: 'free',
  deviceSwaps: 5,
  tries: { failures: 20, minutes: 10 },
  mail: catalog.mail,
  tiers: { free: TIER },
  ...changes,
})
const withTier = (changes: object) => aCatalog({ tiers: { free: { ...TIER, ...changes } } })
const withMail = (changes: object) => aCatalog({ mail: { ...catalog.mail, ...changes } })
const withTierNamed = (name: string) => aCatalog({ tiers: { free: TIER, [name]: TIER } })
const without = (object: object, field: string) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))

const pathsOf = (candidate: unknown) =>
  catalogFaults(candidate).map((fault) => fault.slice(0, fault.indexOf(': ')))

describe('the catalog', () => {
  it('is valid', () => {
    expect(catalogFaults(catalog)).toEqual([])
  })

  it('has the tiers, names and features of the seed, letter for letter and in order', () => {
    const sold = Object.entries(catalog.tiers).map(([name, { label, features }]) => [
      name,
      label,
      features,
    ])
    expect(sold).toEqual([
      [
        'free',
        'Free',
        ['basic_dashboard', 'manual_trading', 'basic_analytics', 'community_readonly'],
      ],
      [
        'pro',
        'Pro',
        [
          'all_free_features',
          'ai_agents_3',
          'advanced_analytics',
          'strategy_marketplace',
          'copy_trading',
          'priority_support',
        ],
      ],
      [
        'elite',
        'Elite',
        [
          'all_pro_features',
          'unlimited_agents',
          'market_intelligence',
          'custom_builder',
          'api_access',
          'whale_tracking',
          'premium_community',
        ],
      ],
      [
        'lifetime',
        'Lifetime',
        [
          'all_elite_features',
          'lifetime_updates',
          'vip_support',
          'beta_access',
          'custom_integrations',
          'white_label',
        ],
      ],
    ])
    expect(catalog).toMatchObject({ prefix: 'QF', fallbackTier: 'free' })
  })
})

describe('a catalog', () => {
  it.each([
    ['one tier', aCatalog()],
    ['a tier for life', withTier({ defaultDurationDays: -1 })],
    ['the shortest license', withTier({ defaultDurationDays: 1 })],
    ['the longest license', withTier({ defaultDurationDays: 36_500 })],
    ['no grace', withTier({ graceDays: 0 })],
    ['no features', withTier({ features: [] })],
    ['several prices for a tier', withTier({ stripePriceIds: ['price_1A', 'price_1B'] })],
    ['a tier called constructor', withTierNamed('constructor')],
    ['a tier of 32 characters', withTierNamed('a'.repeat(32))],
    ['digits and underscores in a tier', withTierNamed('pro_2')],
    ['a prefix of 16 characters', aCatalog({ prefix: `A${'9'.repeat(15)}` })],
  ])('may have %s', (_, candidate) => {
    expect(catalogFaults(candidate)).toEqual([])
  })

  it.each<[string, unknown, string[]]>([
    ['null', null, ['catalog']],
    ['a list', [], ['catalog']],
    [
      'nothing in it',
      {},
      ['productName', 'prefix', 'deviceSwaps', 'tries', 'fallbackTier', 'mail', 'tiers'],
    ],
    ['a field too many', aCatalog({ currency: 'EUR' }), ['catalog']],
    ['no product name', aCatalog({ productName: '' }), ['productName']],
    ['no prefix', without(aCatalog(), 'prefix'), ['prefix']],
    ['a lower-case prefix', aCatalog({ prefix: 'qf' }), ['prefix']],
    ['a prefix with a dash', aCatalog({ prefix: 'Q-F' }), ['prefix']],
    ['a prefix that begins with a digit', aCatalog({ prefix: '2QF' }), ['prefix']],
    ['a prefix of 17 characters', aCatalog({ prefix: 'A'.repeat(17) }), ['prefix']],
    ['a number for a prefix', aCatalog({ prefix: 7 }), ['prefix']],
    ['no fallback', without(aCatalog(), 'fallbackTier'), ['fallbackTier']],
    ['a fallback that is not sold', aCatalog({ fallbackTier: 'basic' }), ['fallbackTier']],
    ['toString for a fallback', aCatalog({ fallbackTier: 'toString' }), ['fallbackTier']],
    ['__proto__ for a fallback', aCatalog({ fallbackTier: '__proto__' }), ['fallbackTier']],
    ['no tier at all', aCatalog({ tiers: {} }), ['fallbackTier']],
    ['a list of tiers', aCatalog({ tiers: [TIER] }), ['tiers']],
    ['a tier in capitals', withTierNamed('Pro'), ['tiers.Pro']],
    ['a tier with a dash', withTierNamed('pro-plus'), ['tiers.pro-plus']],
    ['a tier with a colon', withTierNamed('pro:plus'), ['tiers.pro:plus']],
    ['a tier that begins with a digit', withTierNamed('2pro'), ['tiers.2pro']],
    ['a tier of 33 characters', withTierNamed('a'.repeat(33)), [`tiers.${'a'.repeat(33)}`]],
    ['a tier beyond ASCII', withTierNamed('münze'), ['tiers.münze']],
    ['null for a tier', aCatalog({ tiers: { free: TIER, pro: null } }), ['tiers.pro']],
    ['a tier with a field too many', withTier({ price: 9 }), ['tiers.free']],
    ...Object.keys(TIER).map((field): [string, unknown, string[]] => [
      `a tier without ${field}`,
      aCatalog({ tiers: { free: without(TIER, field) } }),
      [`tiers.free.${field}`],
    ]),
    ['an empty label', withTier({ label: '' }), ['tiers.free.label']],
    ['a text for features', withTier({ features: 'all' }), ['tiers.free.features']],
    ['an empty feature', withTier({ features: ['reading', ''] }), ['tiers.free.features.1']],
    ['a number for a feature', withTier({ features: [7] }), ['tiers.free.features.0']],
    ...[0, -2, 1.5, 36_501, '30', null].map((days): [string, unknown, string[]] => [
      `a duration of ${JSON.stringify(days)}`,
      withTier({ defaultDurationDays: days }),
      ['tiers.free.defaultDurationDays'],
    ]),
    ['no seat', withTier({ seats: 0 }), ['tiers.free.seats']],
    ['half a seat', withTier({ seats: 1.5 }), ['tiers.free.seats']],
    ['a lease below zero', withTier({ leaseDays: -1 }), ['tiers.free.leaseDays']],
    ['a lease of a hundred days', withTier({ leaseDays: 100 }), ['tiers.free.leaseDays']],
    ['a product name of two lines', aCatalog({ productName: 'Blue\nHeron' }), ['productName']],
    ['a color by its name', withMail({ color: 'red' }), ['mail.color']],
    ['a logo that is a script', withMail({ logoUrl: 'javascript:alert(1)' }), ['mail.logoUrl']],
    ['a support that is no address', withMail({ supportEmail: 'x' }), ['mail.supportEmail']],
    [
      'nowhere to use a key',
      withMail({ links: {} }),
      ['app', 'billing', 'renew'].map((to) => `mail.links.${to}`),
    ],
    ['grace below zero', withTier({ graceDays: -1 }), ['tiers.free.graceDays']],
    ['grace beyond a year', withTier({ graceDays: 366 }), ['tiers.free.graceDays']],
    ['no price id', withTier({ stripePriceIds: ['prod_1'] }), ['tiers.free.stripePriceIds.0']],
    ['an empty price id', withTier({ stripePriceIds: [''] }), ['tiers.free.stripePriceIds.0']],
    [
      'a price twice in a tier',
      withTier({ stripePriceIds: ['price_1', 'price_1'] }),
      ['tiers.free.stripePriceIds.1'],
    ],
  ])('cannot have %s, and reports the path', (_, candidate, paths) => {
    expect(pathsOf(candidate)).toEqual(paths)
  })

  it('reports the tier that already has a price', () => {
    const pro = { ...TIER, stripePriceIds: ['price_1'] }
    expect(catalogFaults(aCatalog({ tiers: { free: TIER, pro, elite: pro } }))).toEqual([
      'tiers.elite.stripePriceIds.0: price_1 already buys the tier pro',
    ])
  })
})
