import type { Tier } from '../api/types.ts'

/** Returns the options of a tier list: those of the catalog, and the selected tier if it was removed from it. */
export function tierOptions(tiers: readonly Tier[] = [], selected?: string) {
  const options = tiers.map(({ name, label }) => ({ value: name, label }))
  const isKnown = !selected || options.some(({ value }) => value === selected)
  return isKnown ? options : [...options, { value: selected, label: selected }]
}
