/** What is answered over HTTP, next to the Flask prototype that this service replaces. */

import { availableParallelism } from 'node:os'
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
const GOALS: Readonly<Record<string, number>> = { verify: 3, generate: 1.5 }

/** What the processes that answer take of a processor for an answer; not a number where the system does not tell. */
interface Run extends Load {
  readonly cpuMs: number
}

interface Row {
  readonly service: 'this service' | 'the prototype'
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

/** Requests that are each answered with 200, by the name of the route. */
async function routesOf([url = '']: readonly string[]): Promise<
  Readonly<Record<string, () => Request>>
> {
  const { ask, close } = aCaller([url], 1)
  const { body } = await ask(requests.order(aName()))
  await close()
  const { license } = JSON.parse(body)
  return {
    verify: () => requests.verification(license),
    generate: () => requests.order(aName()),
    webhook: () => requests.delivery(aPurchase(aName())),
  }
}

/** The processes that answer. */
type Answering = readonly { readonly url: string; readonly pid: number | undefined }[]

const urlsOf = (processes: Answering) => processes.map(({ url }) => url)

const usedBy = (processes: Answering) =>
  processes.reduce((sum, { pid }) => sum + (processorMs(pid) ?? Number.NaN), 0)

async function run(processes: Answering, how: Parameters<typeof load>[1]): Promise<Run> {
  const before = usedBy(processes)
  const loaded = await load(urlsOf(processes), how)
  return { ...loaded, cpuMs: (usedBy(processes) - before) / loaded.answers }
}

async function measure(bench: Bench): Promise<Throughput> {
  const { isShort, prototype, say } = bench
  const [rounds, seconds] = isShort ? [2, 1] : [5, 4]
  const missing = whyNoPrototype(prototype)
  if (missing !== undefined) say(`http: the prototype is left out: ${missing}`)
  const gateways = await Promise.all(
    Array.from({ length: availableParallelism() }, () => startGateway(bench)),
  )
  const flask = missing === undefined ? await startPrototype(`${prototype}`) : undefined
  try {
    const ours = await routesOf(urlsOf(gateways))
    const theirs = flask && (await routesOf([flask.url]))
    const tasks = CONCURRENCIES.flatMap((concurrency) =>
      Object.keys(ours).flatMap((route) => {
        const task = (service: Row['service'], at?: Answering, next?: () => Request) =>
          at && next ? [{ service, at, next, route, concurrency }] : []
        return [
          ...task('this service', gateways, ours[route]),
          ...(route in GOALS ? task('the prototype', flask && [flask], theirs?.[route]) : []),
        ]
      }),
    )
    const runs = await inTurns(
      rounds,
      Object.fromEntries(
        tasks.map(({ service, at, next, route, concurrency }, index) => [
          index,
          (round: number) => {
            say(
              `http: round ${round + 1} of ${rounds}, ${route} of ${service}, ${concurrency} at once`,
            )
            return run(at, { concurrency, seconds, next })
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
          answers: of('answers'),
        }
        return { service, route, concurrency, figures }
      }),
    }
  } finally {
    await Promise.all([...gateways, flask].map((server) => server?.stop()))
  }
}

function goals({ rows }: Throughput): readonly string[] {
  return Object.entries(GOALS).flatMap(([route, least]) => {
    const [ours, theirs] = (['this service', 'the prototype'] as const).map(
      (service) =>
        rows.find(
          (row) => row.service === service && row.route === route && row.concurrency === COMPARED,
        )?.figures.perSecond.median,
    )
    if (ours === undefined || theirs === undefined) return []
    const times = ours / theirs
    return [
      `- ${route}, ${COMPARED} at once: at least ${least} × the prototype. It is ${figure(times)} ×: ${against(times >= least)}.`,
    ]
  })
}

const tell = (measured: Throughput) => `\
The packaged functions behind Node's HTTP server, in as many processes as there are processors, as Lambda has one for each
request that is under way, on the real DynamoDB Local. The prototype is one process, as its document starts it; it keeps licenses in a dictionary in memory, does no input and output at all, and believes a forged key. Who asks
and the database run on the same processors, so figures compare with each other and with nothing else; the processor time is
of the answering processes alone.
${measured.missing === undefined ? '' : `\nThe prototype is left out: ${measured.missing}.\n`}
${goals(measured).join('\n')}

${table(
  ['route', 'of', 'at once', 'a second', 'p50', 'p99', 'CPU an answer'],
  measured.rows.map(({ service, route, concurrency, figures }) => [
    route,
    service,
    `${concurrency}`,
    spread(figures.perSecond),
    spread(figures.p50Ms, ' ms'),
    spread(figures.p99Ms, ' ms'),
    `${figure(figures.cpuMs.median)} ms`,
  ]),
)}`

export const httpPart: Part<Throughput> = { name: 'http', title: 'Over HTTP', measure, tell }
