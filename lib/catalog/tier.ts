import type { Catalog, Tier } from './schema.ts'

/** Finds a tier by its name. Names are untrusted input, so inherited properties are not tiers. */
export function findTier({ tiers }: Catalog, name: string): Tier | undefined {
  return Object.hasOwn(tiers, name) ? tiers[name] : undefined
}
