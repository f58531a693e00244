import type { Catalog, Tier } from './schema.ts'

/** A tier by its name. Names come from outside, so what every object inherits is no tier. */
export function findTier({ tiers }: Catalog, name: string): Tier | undefined {
  return Object.hasOwn(tiers, name) ? tiers[name] : undefined
}
