import type { Catalog } from './schema.ts'

/** What is sold. The one file to edit for another product; a fault in it stops the build. */
export const catalog: Catalog = {
  productName: 'Quantum Falcon',
  prefix: 'QF',
  fallbackTier: 'free',
  deviceSwaps: 5,
  tiers: {
    free: {
      label: 'Free',
      features: ['basic_dashboard', 'manual_trading', 'basic_analytics', 'community_readonly'],
      defaultDurationDays: 30,
      seats: 1,
      requireDevice: false,
      graceDays: 14,
      stripePriceIds: [],
    },
    pro: {
      label: 'Pro',
      features: [
        'all_free_features',
        'ai_agents_3',
        'advanced_analytics',
        'strategy_marketplace',
        'copy_trading',
        'priority_support',
      ],
      defaultDurationDays: 30,
      seats: 3,
      requireDevice: false,
      graceDays: 14,
      stripePriceIds: [],
    },
    elite: {
      label: 'Elite',
      features: [
        'all_pro_features',
        'unlimited_agents',
        'market_intelligence',
        'custom_builder',
        'api_access',
        'whale_tracking',
        'premium_community',
      ],
      defaultDurationDays: 30,
      seats: 5,
      requireDevice: false,
      graceDays: 14,
      stripePriceIds: [],
    },
    lifetime: {
      label: 'Lifetime',
      features: [
        'all_elite_features',
        'lifetime_updates',
        'vip_support',
        'beta_access',
        'custom_integrations',
        'white_label',
      ],
      defaultDurationDays: -1,
      seats: 5,
      requireDevice: false,
      graceDays: 14,
      stripePriceIds: [],
    },
  },
}
