import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Bundles, buildBundles } from '../../scripts/bench/bundles.ts'
import { type Stage, startStage } from '../../scripts/bench/stage.ts'
import { measureUnits, type Taken } from '../../scripts/bench/units.ts'

let stage: Stage
let bundles: Bundles
beforeAll(async () => {
  stage = await startStage()
  bundles = await buildBundles(stage.service)
})
afterAll(() => Promise.all([stage.stop(), bundles.remove()]))

const transaction = 'TransactWriteItems'
const one = 'GetItem'
const read = 'BatchGetItem'

describe('what a request takes of the database', () => {
  let taken: readonly Taken[]
  beforeAll(async () => {
    taken = await measureUnits(stage, bundles)
  })

  it.each<Taken>([
    { route: 'verify', status: 200, operations: [read], read: 2, write: 0 },
    {
      route: 'verify, by the same caller again',
      status: 200,
      operations: [one],
      read: 1,
      write: 0,
    },
    { route: 'verify, on a device and signed', status: 200, operations: [read], read: 3, write: 0 },
    { route: 'verify, of what is no key', status: 401, operations: [], read: 0, write: 0 },
    {
      route: 'verify, of a key that was never issued',
      status: 401,
      operations: [read, 'UpdateItem'],
      read: 2,
      write: 1,
    },
    { route: 'generate', status: 200, operations: [one, transaction], read: 1, write: 18 },
    {
      route: 'webhook, a subscription is bought',
      status: 200,
      operations: [read, transaction],
      read: 6,
      write: 20,
    },
    { route: 'webhook, the same event again', status: 200, operations: [read], read: 6, write: 0 },
    {
      route: 'webhook, its first invoice is paid',
      status: 200,
      operations: [read, transaction],
      read: 5,
      write: 6,
    },
  ])('$route: $operations, $read read and $write write units', (expected) => {
    expect(taken.find(({ route }) => route === expected.route)).toEqual(expected)
  })
})

/** What a bundle may weigh at most, in kilobytes: some more than it does. What has to be more is a decision. */
const BUDGETS: Readonly<Record<string, number>> = {
  admin: 650,
  devices: 500,
  generate: 515,
  health: 1,
  licenseChanges: 485,
  mailEvents: 475,
  panel: 10,
  preflight: 8,
  recover: 500,
  remind: 455,
  sendEmail: 585,
  stripeWebhook: 800,
  verify: 130,
  wellKnown: 505,
}

/** Packages that are in the bundles of those who need them, and in no other. */
const KEPT: readonly [origin: RegExp, functions: readonly string[]][] = [
  [/^stripe$/, ['stripeWebhook']],
  [/^mustache$|client-sesv2$/, ['sendEmail']],
  [/^lib\/aws$/, ['verify']],
  [/^jose$/, ['devices', 'verify', 'wellKnown']],
  [/^esbuild$/, []],
]

/** The SDK is most of what takes time until a function is there. Its codec of attributes is small and alone. */
const SDK = /^@smithy\/|^@aws-sdk\/(?!util-dynamodb$)/
const WITHOUT_SDK = ['health', 'preflight', 'verify']

describe('the bundle of', () => {
  it.each(Object.entries(BUDGETS))('%s weighs at most %d KB', (name, kilobytes) => {
    expect(bundles.of(name).bytes / 1000).toBeLessThan(kilobytes)
  })

  it('every function has a budget', () => {
    expect(Object.keys(stage.service.functions).sort()).toEqual(Object.keys(BUDGETS).sort())
  })

  it.each(WITHOUT_SDK)('%s has no AWS SDK', (name) => {
    expect(Object.keys(bundles.of(name).origins).filter((origin) => SDK.test(origin))).toEqual([])
  })

  it.each(KEPT)('%p is only in %p', (origin, names) => {
    const having = bundles.all.filter(({ origins }) =>
      Object.keys(origins).some((name) => origin.test(name)),
    )
    expect(having.map(({ name }) => name).sort()).toEqual(names)
  })
})
