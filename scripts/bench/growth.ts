/** Whether a request costs more the more there is in the table, or the more was told of a subscription. */

import { type Environment, startEnvironment } from './environment.ts'
import { aBuyer, events } from './events.ts'
import { type Spread, spreadOf } from './figures.ts'
import { fill } from './fill.ts'
import { figure, spread, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'
import { startRecorder } from './recorder.ts'
import { startStage } from './stage.ts'

const SHORT_SIZES = [100, 1000]
const LICENSES = 20
const PAGE = 50
const EVENTS = [1, 500]
const SHORT_EVENTS = [1, 20]

interface Point {
  readonly route: string
  readonly size: number
  readonly read: number
  readonly write: number
  readonly ms: Spread
}

interface Growth {
  readonly table: readonly Point[]
  readonly subscription: readonly Point[]
}

async function measure(bench: Bench): Promise<Growth> {
  const { bundles, isShort, say } = bench
  const sizes = isShort ? SHORT_SIZES : bench.sizes.toSorted((a, b) => a - b)
  // A million licenses take some gigabytes, which must not stay in the database that all measurements use.
  const stage = await startStage()
  const recorder = await startRecorder(stage)
  const start = (name: string) =>
    startEnvironment(bundles.of(name).file, stage.variablesOf(name, recorder.url))
  const [generate, verify, admin, webhook] = await Promise.all(
    ['generate', 'verify', 'admin', 'stripeWebhook'].map(start),
  )
  if (!generate || !verify || !admin || !webhook) throw new Error('A function did not start')

  async function ask(environment: Environment, event: object) {
    recorder.take()
    const { answer, ms } = await environment.invoke(event)
    if (answer.statusCode !== 200) throw new Error(`It answered ${answer.statusCode}`)
    const exchanges = recorder.take()
    const sum = (name: 'read' | 'write') => exchanges.reduce((all, one) => all + one[name], 0)
    return { ms, read: sum('read'), write: sum('write'), body: JSON.parse(answer.body ?? '{}') }
  }

  const toPoint = (
    route: string,
    size: number,
    runs: Awaited<ReturnType<typeof ask>>[],
  ): Point => ({
    route,
    size,
    read: Math.max(...runs.map(({ read }) => read)),
    write: Math.max(...runs.map(({ write }) => write)),
    ms: spreadOf(runs.map(({ ms }) => ms)),
  })

  try {
    const keys: string[] = []
    for (let number = 0; number < LICENSES; number++) {
      keys.push((await ask(generate, events.order(`growth_${number}`))).body.license)
    }
    const points: Point[] = []
    let filled = LICENSES
    for (const size of sizes) {
      await fill(stage.client, stage.table, { from: filled, to: size, say })
      filled = size
      say(`growth: asking with ${size} licenses`)
      const [verified, listed, last] = [[], [], []] as Awaited<ReturnType<typeof ask>>[][]
      for (let round = 0; round < 10; round++) {
        for (const key of keys) verified?.push(await ask(verify, events.verification(key)))
        const page = await ask(admin, events.list({ limit: `${PAGE}` }))
        listed?.push(page)
        last?.push(await ask(admin, events.list({ limit: `${PAGE}`, cursor: page.body.cursor })))
      }
      points.push(
        toPoint('verify', size, verified ?? []),
        toPoint(`a page of ${PAGE} licenses`, size, listed ?? []),
        toPoint('the page after it', size, last ?? []),
      )
    }

    const { subscribed, subscription, invoice, period } = aBuyer('growth')
    const told: Point[] = []
    await ask(webhook, events.delivery(subscribed(0)))
    await ask(webhook, events.delivery(subscription('created', 0, period(0))))
    let count = 0
    for (const size of isShort ? SHORT_EVENTS : EVENTS) {
      say(`growth: ${size} events on one subscription`)
      for (; count < size; count++) {
        await ask(webhook, events.delivery(subscription('updated', count + 1, period(0))))
      }
      const month = told.length + 1
      const paid = invoice('invoice.paid', size + 10, month, period(month), 'paid')
      const renewal = await ask(webhook, events.delivery(paid))
      told.push(toPoint('the webhook, of a renewal', size, [renewal]))
    }
    return { table: points, subscription: told }
  } finally {
    await Promise.all([generate, verify, admin, webhook].map((environment) => environment.stop()))
    await recorder.stop()
    await stage.stop()
  }
}

const rows = (points: readonly Point[]) =>
  points
    .toSorted((a, b) => a.route.localeCompare(b.route) || a.size - b.size)
    .map(({ route, size, read, write, ms }) => [
      route,
      size.toLocaleString('en'),
      figure(read),
      figure(write),
      spread(ms, ' ms'),
    ])

/** Whether no route takes more units with more of whatever there is more of. */
const isFlat = (points: readonly Point[]) =>
  points.every(({ route, read, write }) => {
    const first = points.find((point) => point.route === route)
    return first?.read === read && first.write === write
  })

const verdictOf = (points: readonly Point[]) =>
  isFlat(points) ? 'No route takes more units for it.' : '**Some routes take more units for it.**'

const tell = (growth: Growth) => `\
With more licenses in the table: ${verdictOf(growth.table)} Units are the most of all runs, and times are on
DynamoDB Local, whose own speed with so much data is in them.

${table(['request', 'licenses', 'read units', 'write units', 'time'], rows(growth.table))}

With more events on one subscription: ${verdictOf(growth.subscription)}

${table(['request', 'events', 'read units', 'write units', 'time'], rows(growth.subscription))}`

export const growthPart: Part<Growth> = { name: 'growth', title: 'Growth', measure, tell }
