import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Bundles, buildBundles } from '../scripts/bench/bundles.ts'
import { type Stage, startStage } from '../scripts/bench/stage.ts'
import { measureUnits, type Taken } from '../scripts/bench/units.ts'

let stage: Stage
let bundles: Bundles
beforeAll(async () => {
  stage = await startStage()
  bundles = await buildBundles(stage.service)
})
afterAll(() => Promise.all([stage.stop(), bundles.remove()]))

const transaction = 'TransactWriteItems'
const read = 'BatchGetItem'

describe('what a request takes of the database', () => {
  let taken: readonly Taken[]
  beforeAll(async () => {
    taken = await measureUnits(stage, bundles)
  })

  it.each<Taken>([
    { route: 'verify', status: 200, operations: [read], read: 2, write: 0 },
    { route: 'verify, on a device and signed', status: 200, operations: [read], read: 3, write: 0 },
    { route: 'verify, of what is no key', status: 401, operations: [], read: 0, write: 0 },
    {
      route: 'verify, of a key that was never issued',
      status: 401,
      operations: [read, 'UpdateItem'],
      read: 2,
      write: 1,
    },
    { route: 'generate', status: 200, operations: [read, transaction], read: 1, write: 14 },
    {
      route: 'webhook, a subscription is bought',
      status: 200,
      operations: [read, transaction],
      read: 6,
      write: 16,
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
