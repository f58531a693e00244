import fc from 'fast-check'
import { rowSchema } from '../../../lib/admin/bulk.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import { VERSIONS } from '../../../scripts/stripe/objects.ts'
import { createEventFactory } from '../../../scripts/stripe/scenarios.ts'
import { EVENT_BUILDERS } from '../../../scripts/stripe/singleEvents.ts'
import { NOW } from '../licenses.ts'
import { fitting, type Known } from './schema.ts'

/** The records that requests refer to. */
export interface Stock {
  /** Keys of licenses that no admin request changes. */
  readonly keys: readonly string[]
  /** Licenses that admin requests change. */
  readonly troubled: readonly { readonly id: string; readonly key: string }[]
  readonly tokenIds: readonly string[]
}

const numbered = (start: string, count: number) =>
  fc.nat(count - 1).map((number) => `${start}${number}`)

const TIERS = Object.keys(catalog.tiers)
const PLAYERS = 40
const DAYS = ['2025-01-02', '2026-12-31', '9999-12-31', '2024-01-01']

/** Values for fields whose type says too little. */
export function knownValues({ keys, troubled }: Stock): Known {
  const userId = fc.oneof(
    { weight: 9, arbitrary: numbered('fuzz_user_', 60) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }).map((t) => `fuzz_${t}`),
    },
  )
  const email = numbered('fuzz_', 60).map((name) => `${name}@example.com`)
  const known: Known = {
    license: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...keys) },
      { weight: 1, arbitrary: fc.constantFrom(...troubled.map(({ key }) => key)) },
      { weight: 1, arbitrary: fc.stringMatching(/^QF-PRO-[0-9a-f]{12}-17356896\d\d$/) },
    ),
    userId,
    user: userId,
    email,
    userEmail: fc.option(email),
    name: numbered('fuzz_name_', 20),
    tier: fc.constantFrom(...TIERS),
    duration: fc.constantFrom(1, 30, 36_500, -1),
    // Some belong to purchases of Stripe's events, too.
    paymentIntentId: fc.oneof(numbered('pi_fuzz_', 300), numbered('pi_player', PLAYERS)),
    deviceId: fc.oneof(
      { weight: 9, arbitrary: numbered('device_', 2) },
      { weight: 1, arbitrary: numbered('device_', 9) },
    ),
    device: numbered('device_', 2),
    // Mostly omitted, since a change under another version is refused.
    version: fc.constantFrom(undefined, undefined, undefined, undefined, 1, 2, 3),
    until: fc.constantFrom(undefined, undefined, ...DAYS),
    expires: fc.constantFrom(...DAYS),
    time: fc.constantFrom(...DAYS, '2025-01-02T00:00:00Z', `${NOW}`, '999999999999999'),
    expiringBefore: fc.constantFrom(...DAYS, `${NOW}`),
    cursor: fc.constantFrom(undefined, undefined, undefined, undefined, 'W10', 'WyJ4Iiwi', 'x'),
    limit: fc.integer({ min: 1, max: 100 }).map(String),
    ref: numbered('ref_', 40),
  }
  const row = fitting(rowSchema(catalog), known)
  return { ...known, rows: fc.array(row, { minLength: 1, maxLength: 3 }) }
}

/** An event of any type and API version, about one of several purchases. */
export const anyEvent: fc.Arbitrary<unknown> = fc
  .record({
    number: fc.nat(PLAYERS - 1),
    id: fc.nat(100_000),
    tell: fc.constantFrom(...Object.values(EVENT_BUILDERS)),
    version: fc.constantFrom(...VERSIONS),
    tier: fc.constantFrom(...TIERS),
    isNamed: fc.boolean(),
    days: fc.nat(40),
    month: fc.nat(2),
    subscribed: fc.boolean(),
  })
  .map(({ number, id, tell, version, tier, isNamed, days, month, subscribed }) => {
    const player = createEventFactory({
      name: `player${number}`,
      user: isNamed ? `fuzz_user_${number}` : null,
      email: `player_${number}@example.com`,
      tier,
      nextTier: 'elite',
      version,
      start: NOW / 1000 - 20 * 24 * 60 * 60,
    })
    const moment = { at: days * 24 * 60 * 60, month, subscribed }
    return { ...tell(player, moment), id: `evt_fuzz_${id}` }
  })
