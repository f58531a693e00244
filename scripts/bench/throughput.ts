/** What is answered over HTTP, next to the Flask prototype that this service replaces. */

import { whatIsAsked } from './alone.ts'
import { aPurchase, requests } from './events.ts'
import { inTurns, type Spread, spreadOf } from './figures.ts'
import { startGateway } from './gateway.ts'
import { aCaller, type Load, load, type Request } from './load.ts'
import { against, figure, spread, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'
import { processorMs } from './processor.ts'
import { startPrototype, whyNoPrototype } from './prototype.ts'

const CONCURRENCIES = [1, 10, 50]
const COMPARED = 10
const ROUTES = ['verify', 'generate', 'webhook'] as const
type Route = (typeof ROUTES)[number]
/** How often as much as the prototype is wanted. */
const GOALS = { verify: 3, generate: 1.5 } as const

const SERVICES = {
  own: 'this service',
  alone: 'DynamoDB Local alone',
  prototype: 'the prototype',
} as const
type Service = keyof typeof SERVICES

/** Processor time for an answer, in milliseconds; not a number where the system does not tell. */
interface Run extends Load {
  /** Of the process that answers. */
  readonly cpuMs: number
  readonly databaseMs: number
  /** Of whoever asks. */
  readonly callerMs: number
}

interface Row {
  readonly service: Service
  readonly route: string
  readonly concurrency: number
  readonly figures: { readonly [Figure in keyof Run]: Spread }
}

interface Throughput {
  readonly rows: readonly Row[]
  /** Why there is nothing of the prototype. */
  readonly missing: string | undefined
}

let named = 0
const aName = () => `http_${process.pid}_${++named}`

/** Requests that are each answered with 200. */
async function routesOf(url: string): Promise<Readonly<Record<Route, () => Request>>> {
  const { ask, close } = aCaller(url, 1)
  const { body } = await ask(requests.order(aName()))
  await close()
  const { license } = JSON.parse(body)
  return {
    verify: () => requests.verification(license),
    generate: () => requests.order(aName()),
    webhook: () => requests.delivery(aPurchase(aName())),
  }
}

/** Who answers, and what it can be asked. */
interface Asked {
  readonly service: Service
  readonly at: { readonly url: string; readonly pid: number | undefined }
  readonly routes: Readonly<Partial<Record<Route, () => Request>>>
}

interface Task extends Pick<Asked, 'service' | 'at'> {
  readonly route: Route
  readonly concurrency: number
  readonly next: () => Request
}

async function run(
  { at, next, concurrency }: Task,
  { seconds, database }: { seconds: number; database: number | undefined },
): Promise<Run> {
  const used = () => [at.pid, database, process.pid].map((pid) => processorMs(pid) ?? Number.NaN)
  const before = used()
  const loaded = await load(at.url, { concurrency, seconds, next })
  const [cpuMs = 0, databaseMs = 0, callerMs = 0] = used().map(
    (after, index) => (after - (before[index] ?? 0)) / loaded.answers,
  )
  return { ...loaded, cpuMs, databaseMs, callerMs }
}

async function measure(bench: Bench): Promise<Throughput> {
  const { stage, isShort, prototype, say } = bench
  const [rounds, seconds, warmSeconds] = isShort ? [2, 1, 1] : [5, 4, 20]
  const missing = whyNoPrototype(prototype)
  if (missing !== undefined) say(`http: the prototype is left out: ${missing}`)
  const alone = await whatIsAsked(bench)
  const gateway = await startGateway(bench)
  const flask = missing === undefined ? await startPrototype(`${prototype}`) : undefined
  try {
    const asked: readonly Asked[] = [
      { service: 'own', at: gateway, routes: await routesOf(gateway.url) },
      { service: 'alone', at: stage.dynamoDb, routes: alone },
      ...(flask ? [await askedOf(flask)] : []),
    ]
    const tasks = CONCURRENCIES.flatMap((concurrency) =>
      ROUTES.flatMap((route) =>
        asked.flatMap(({ service, at, routes }): Task[] => {
          const next = routes[route]
          return next ? [{ service, route, concurrency, at, next }] : []
        }),
      ),
    )
    const how = { seconds, database: stage.dynamoDb.pid }
    for (const task of tasks.filter(({ concurrency }) => concurrency === COMPARED)) {
      say(`http: warming up, ${task.route} of ${SERVICES[task.service]}`)
      await run(task, { ...how, seconds: warmSeconds })
    }
    const runs = await inTurns(
      rounds,
      Object.fromEntries(
        tasks.map((task, index) => [
          index,
          (round: number) => {
            const { route, service, concurrency } = task
            const what = `${route} of ${SERVICES[service]}, ${concurrency} at once`
            say(`http: round ${round + 1} of ${rounds}, ${what}`)
            return run(task, how)
          },
        ]),
      ),
    )
    return {
      missing,
      rows: tasks.map(({ service, route, concurrency }, index) => {
        const of = (name: keyof Run) => spreadOf((runs[index] ?? []).map((run) => run[name]))
        const figures = {
          perSecond: of('perSecond'),
          p50Ms: of('p50Ms'),
          p99Ms: of('p99Ms'),
          cpuMs: of('cpuMs'),
          databaseMs: of('databaseMs'),
          callerMs: of('callerMs'),
          answers: of('answers'),
        }
        return { service, route, concurrency, figures }
      }),
    }
  } finally {
    await Promise.all([gateway, flask].map((server) => server?.stop()))
  }
}

/** Its webhook is left out: it wants Stripe's library, which need not be there. */
async function askedOf(prototype: Asked['at']): Promise<Asked> {
  const { verify, generate } = await routesOf(prototype.url)
  return { service: 'prototype', at: prototype, routes: { verify, generate } }
}

/** What each of them comes to, of what the goals are of. */
function goals({ rows }: Throughput): readonly string[] {
  return Object.entries(GOALS).flatMap(([route, least]) => {
    const of = (service: Service) =>
      rows.find(
        (row) => row.service === service && row.route === route && row.concurrency === COMPARED,
      )?.figures
    const [own, alone, prototype] = [of('own'), of('alone'), of('prototype')]
    if (!own || !alone || !prototype) return []
    const times = own.perSecond.median / prototype.perSecond.median
    const most = alone.perSecond.median / prototype.perSecond.median
    const ownTime = own.cpuMs.median / prototype.cpuMs.median
    const all = own.cpuMs.median + own.databaseMs.median + own.callerMs.median
    const share = (part: Spread) => `${figure((100 * part.median) / all)} %`
    return [
      `- ${route}, ${COMPARED} at once: at least ${least} × the prototype. It is ${figure(times)} ×: ${against(times >= least)}.
  DynamoDB Local alone, asked for the same by nothing else, comes to ${figure(most)} ×${most < least ? ', so that nothing that asks it could meet the goal here' : ''}.
  Of the processor time of an answer it takes ${share(own.databaseMs)}, and who asks ${share(own.callerMs)}; what the service takes is ${figure(ownTime)} × the prototype's.`,
    ]
  })
}

const tell = (measured: Throughput) => `\
The packaged functions behind Node's HTTP server, all in one process, on the real DynamoDB Local. The prototype runs
as its document starts it, which is in one process as well; it keeps licenses in a dictionary in memory, does no input and
output at all, and believes a forged key. Who asks runs on the same processors, and so does the
database, which the prototype does not have: on AWS it has processors of its own. All is asked from one address, so verify
reads only the license, and every five seconds the counter of failures of this address. Everything was warmed up before.
${measured.missing === undefined ? '' : `\nThe prototype is left out: ${measured.missing}.\n`}
${goals(measured).join('\n')}

${table(
  [
    'route',
    'of',
    'at once',
    'a second',
    'p50',
    'p99',
    'CPU of it',
    'of the database',
    'of who asks',
  ],
  measured.rows.map(({ service, route, concurrency, figures }) => [
    route,
    SERVICES[service],
    `${concurrency}`,
    spread(figures.perSecond),
    spread(figures.p50Ms, ' ms'),
    spread(figures.p99Ms, ' ms'),
    `${figure(figures.cpuMs.median)} ms`,
    service === 'own' ? `${figure(figures.databaseMs.median)} ms` : '',
    `${figure(figures.callerMs.median)} ms`,
  ]),
)}`

export const httpPart: Part<Throughput> = { name: 'http', title: 'Over HTTP', measure, tell }
