import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Bundles, buildBundles } from '../../scripts/bench/bundles.ts'
import { type Stage, startStage } from '../../scripts/bench/stage.ts'
import { type Consumption, measureUnits } from '../../scripts/bench/units.ts'

let stage: Stage
let bundles: Bundles
beforeAll(async () => {
  stage = await startStage()
  bundles = await buildBundles(stage.service)
})
afterAll(() => Promise.all([stage.stop(), bundles.remove()]))

const transaction = 'TransactWriteItems'
const get = 'GetItem'
const batchGet = 'BatchGetItem'

describe('the capacity units of a request', () => {
  let measured: readonly Consumption[]
  beforeAll(async () => {
    measured = await measureUnits(stage, bundles)
  })

  it.each<Consumption>([
    { route: 'verify', status: 200, operations: [batchGet], read: 2, write: 0 },
    {
      route: 'verify, by the same caller again',
      status: 200,
      operations: [get],
      read: 1,
      write: 0,
    },
    { route: 'verify, with a lease', status: 200, operations: [batchGet], read: 3, write: 0 },
    { route: 'verify, of an invalid format', status: 401, operations: [], read: 0, write: 0 },
    {
      route: 'verify, of an unknown key',
      status: 401,
      operations: [batchGet, 'UpdateItem'],
      read: 2,
      write: 1,
    },
    { route: 'generate', status: 200, operations: [get, transaction], read: 1, write: 18 },
    {
      route: 'webhook, a subscription is bought',
      status: 200,
      operations: [batchGet, transaction],
      read: 6,
      write: 20,
    },
    {
      route: 'webhook, the same event again',
      status: 200,
      operations: [batchGet],
      read: 6,
      write: 0,
    },
    {
      route: 'webhook, its first invoice is paid',
      status: 200,
      operations: [batchGet, transaction],
      read: 5,
      write: 6,
    },
  ])('$route: $operations, $read read and $write write units', (expected) => {
    expect(measured.find(({ route }) => route === expected.route)).toEqual(expected)
  })
})

/** The maximum size of each bundle in KB, a little above its actual size. Raising one is a decision. */
const BUDGETS: Readonly<Record<string, number>> = {
  admin: 650,
  devices: 520,
  generate: 525,
  health: 1,
  licenseChanges: 485,
  mailEvents: 475,
  panel: 10,
  preflight: 8,
  recover: 500,
  remind: 455,
  sendEmail: 585,
  stripeWebhook: 800,
  verify: 140,
  wellKnown: 505,
}

/** Packages and folders with the functions that may contain them. */
const EXCLUSIVE: readonly [origin: RegExp, functions: readonly string[]][] = [
  [/^stripe$/, ['stripeWebhook']],
  [/^mustache$|client-sesv2$/, ['sendEmail']],
  [/^lib\/aws$/, ['verify']],
  [/^jose$/, ['devices', 'verify', 'wellKnown']],
  [/^esbuild$/, []],
]

/** Loading the SDK takes most of a cold start. Its codec of attributes is small and separate. */
const SDK = /^@smithy\/|^@aws-sdk\/(?!util-dynamodb$)/
const WITHOUT_SDK = ['health', 'preflight', 'verify']

describe('the bundle', () => {
  it.each(Object.entries(BUDGETS))('%s weighs at most %d KB', (name, kilobytes) => {
    expect(bundles.find(name).bytes / 1000).toBeLessThan(kilobytes)
  })

  it('every function has a budget', () => {
    expect(Object.keys(stage.service.functions).sort()).toEqual(Object.keys(BUDGETS).sort())
  })

  it.each(WITHOUT_SDK)('%s has no AWS SDK', (name) => {
    expect(Object.keys(bundles.find(name).origins).filter((origin) => SDK.test(origin))).toEqual([])
  })

  it.each(EXCLUSIVE)('%p is only in %p', (origin, names) => {
    const having = bundles.all.filter(({ origins }) =>
      Object.keys(origins).some((name) => origin.test(name)),
    )
    expect(having.map(({ name }) => name).sort()).toEqual(names)
  })
})
