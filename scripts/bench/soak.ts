/** A mixed load for some minutes: whether anything fails, grows or is lost. */

import { setTimeout as sleep } from 'node:timers/promises'
import { aPurchase, requests } from './events.ts'
import { quantile } from './figures.ts'
import { type Memory, startGateway } from './gateway.ts'
import { aCaller, type Request } from './load.ts'
import { figure, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'

const CALLERS = 8
/** How long a caller waits between two requests at most. */
const PAUSE_MS = 60
const SAMPLE_MS = 2000
const SHORT_MINUTES = 0.2
/** Of a hundred requests, how many are of what. */
const MIX = { verify: 60, generate: 20, activate: 5, webhook: 10, list: 5 } as const
/** The memory of the first part grows while caches fill and what is called often is compiled. */
const WARM = 0.3

interface Growth {
  readonly firstMb: number
  readonly lastMb: number
  readonly slopeMbPerHour: number
}

interface Sample extends Memory {
  /** Milliseconds since it began. */
  readonly at: number
}

interface Soak {
  readonly minutes: number
  readonly requests: number
  readonly failed: readonly string[]
  readonly issued: number
  readonly lost: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rss: Growth
  readonly heap: Growth
}

let named = 0
const aName = () => `soak_${process.pid}_${++named}`

async function measure(bench: Bench): Promise<Soak> {
  const { say } = bench
  const minutes = bench.isShort ? SHORT_MINUTES : bench.minutes
  const gateway = await startGateway(bench)
  const { ask, close } = aCaller(gateway.url, CALLERS)
  const keys: string[] = []
  const failed: string[] = []
  const times: number[] = []
  const samples: Sample[] = []
  const begun = performance.now()
  const end = begun + minutes * 60_000

  async function one(kind: keyof typeof MIX, request: Request) {
    const from = performance.now()
    const { status, body } = await ask(request).catch((error) => ({ status: 0, body: `${error}` }))
    times.push(performance.now() - from)
    if (status !== 200) failed.push(`${kind}: ${status} ${body}`)
    else if (kind === 'generate') keys.push(JSON.parse(body).license)
  }

  const aKey = () => keys[Math.floor(Math.random() * keys.length)]
  function next(kind: keyof typeof MIX): Request {
    const key = aKey()
    if (key === undefined || kind === 'generate') return requests.order(aName())
    if (kind === 'verify') return requests.verification(key)
    // The same device of one license, so that its seats do not run out.
    if (kind === 'activate') return requests.activation(key, key)
    if (kind === 'webhook') return requests.delivery(aPurchase(aName()))
    return requests.list({ limit: '50' })
  }

  async function call() {
    while (performance.now() < end) {
      const kind = keys.length === 0 ? 'generate' : chosen()
      await one(kind, next(kind))
      await sleep(Math.random() * PAUSE_MS)
    }
  }

  async function watch() {
    while (performance.now() < end) {
      samples.push({ at: performance.now() - begun, ...(await gateway.memory()) })
      if (samples.length % 15 === 0) {
        say(
          `soak: ${figure((performance.now() - begun) / 60_000)} of ${minutes} minutes, ${times.length} requests, ${failed.length} failed`,
        )
      }
      await sleep(SAMPLE_MS)
    }
  }

  try {
    await Promise.all([...Array.from({ length: CALLERS }, call), watch()])
    say(`soak: looking for all of ${keys.length} licenses`)
    let lost = 0
    for (const key of keys) {
      const { status } = await ask(requests.verification(key))
      if (status !== 200) lost += 1
    }
    return {
      minutes,
      requests: times.length,
      failed: failed.slice(0, 20),
      issued: keys.length,
      lost,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      rss: growth(samples, ({ rss }) => rss),
      heap: growth(samples, ({ heapUsed }) => heapUsed),
    }
  } finally {
    await close()
    await gateway.stop()
  }
}

function chosen(): keyof typeof MIX {
  let left = Math.random() * 100
  for (const [kind, share] of Object.entries(MIX)) {
    left -= share
    if (left < 0) return kind as keyof typeof MIX
  }
  return 'verify'
}

/** The line of least squares through the samples, once it is warm. */
function growth(samples: readonly Sample[], bytesOf: (sample: Sample) => number): Growth {
  const mb = (sample: Sample | undefined) => (sample ? bytesOf(sample) / 2 ** 20 : Number.NaN)
  const warm = samples.slice(Math.floor(samples.length * WARM))
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [at, held] = [mean(warm.map((one) => one.at)), mean(warm.map(mb))]
  const up = warm.reduce((sum, one) => sum + (one.at - at) * (mb(one) - held), 0)
  const along = warm.reduce((sum, one) => sum + (one.at - at) ** 2, 0)
  return {
    firstMb: mb(warm[0]),
    lastMb: mb(warm.at(-1)),
    slopeMbPerHour: (up / along) * 3_600_000,
  }
}

const growthRows = (name: string, { firstMb, lastMb, slopeMbPerHour }: Growth) => [
  [`${name}, once warm`, `${figure(firstMb)} MiB`],
  [`${name}, at the end`, `${figure(lastMb)} MiB`],
  ['its slope', `${figure(slopeMbPerHour)} MiB an hour`],
]

const tell = (soak: Soak) => `\
${Object.entries(MIX)
  .map(([kind, share]) => `${share} % ${kind}`)
  .join(
    ', ',
  )}, by ${CALLERS} callers for ${figure(soak.minutes)} minutes, all functions in one process. Afterwards every license that was answered
with 200 was asked for again.

${table(
  ['', 'figure'],
  [
    ['requests', figure(soak.requests)],
    ['failed', figure(soak.failed.length)],
    ['licenses answered', figure(soak.issued)],
    ['of them lost', figure(soak.lost)],
    ['p50', `${figure(soak.p50Ms)} ms`],
    ['p99', `${figure(soak.p99Ms)} ms`],
    ...growthRows('memory', soak.rss),
    ...growthRows('of it what the program can reach', soak.heap),
  ],
)}
${soak.failed.length === 0 ? '' : `\nWhat failed:\n\n${soak.failed.map((line) => `- ${line}`).join('\n')}\n`}`

export const soakPart: Part<Soak> = { name: 'soak', title: 'Soak', measure, tell }
