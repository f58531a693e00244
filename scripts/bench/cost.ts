/** What it costs, by what was measured and by the prices of prices.json. */

import { startEnvironment } from './environment.ts'
import { events } from './events.ts'
import { spreadOf } from './figures.ts'
import { figure, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'
import prices from './prices.json' with { type: 'json' }
import { measureUnits } from './units.ts'

/** Lambda gives a function of so many megabytes one whole processor, and others their share. */
const WHOLE_PROCESSOR_MB = 1769
/** What Lambda logs of each call by itself, in bytes: START, END and REPORT. */
const LAMBDA_LOG_BYTES = 320
/** What comes before the body of an answer. */
const HEADER_BYTES = 400
const MILLION = 1_000_000
/** How much longer an event of Stripe's is taken to be billed than a verification. */
const WEBHOOK_TIMES = 5
/** The names of serverless.yml that are of no secret. */
const NO_SECRETS = ['stack', 'table', 'secrets', 'logs']

const CALLS = 300
const LICENSES = 10_000
const VERIFIED_A_DAY = 1
const DAYS = 30

interface Item {
  readonly of: string
  readonly amount: number
  readonly usd: number
}

interface Cost {
  readonly memoryMb: number
  readonly cpuMs: number
  readonly billedMs: number
  readonly perMillion: readonly Item[]
  readonly perMonth: readonly Item[]
}

type Price = keyof typeof prices.aws

function priced(price: Price, amount: number): Item {
  const { unit, usd, per } = prices.aws[price]
  return { of: unit, amount, usd: (amount * usd) / per }
}

async function measure({ stage, bundles, isShort, say }: Bench): Promise<Cost> {
  const taken = await measureUnits(stage, bundles)
  const unitsOf = (asked: string) => {
    const found = taken.find(({ route }) => route === asked)
    if (!found) throw new Error(`It is not known what is taken by: ${asked}`)
    return found
  }
  say('cost: what a call of verify is billed')
  const made = await startEnvironment(bundles.of('generate').file, stage.variablesOf('generate'))
  const { answer } = await made.invoke(events.order('cost'))
  await made.stop()
  const verify = await startEnvironment(bundles.of('verify').file, stage.variablesOf('verify'))
  const event = events.verification(JSON.parse(answer.body ?? '').license)
  const runs = []
  for (let call = 0; call < (isShort ? 50 : CALLS); call++) runs.push(await verify.invoke(event))
  const logBytes = Buffer.byteLength(verify.lines.join('\n')) / runs.length + LAMBDA_LOG_BYTES
  await verify.stop()

  const { memorySize: memoryMb } = stage.service.provider
  const cpuMs = spreadOf(runs.map((run) => run.cpuMs)).median
  const ms = spreadOf(runs.map((run) => run.ms)).median
  const billedMs = Math.ceil(Math.max(ms, (cpuMs * WHOLE_PROCESSOR_MB) / memoryMb))
  const bytes = Buffer.byteLength(runs[0]?.answer.body ?? '') + HEADER_BYTES

  const calls = (number: number, milliseconds: number) => [
    priced('httpApiRequest', number),
    priced('lambdaRequest', number),
    priced('lambdaSecond', (number * milliseconds * memoryMb) / 1024 / 1000),
    priced('logByte', number * logBytes),
  ]
  const verified = (number: number) => [
    ...calls(number, billedMs),
    priced('readUnit', number * unitsOf('verify').read),
    priced('egressByte', number * bytes),
  ]
  const renewal = ['webhook, a subscription is created', 'webhook, a renewal is paid'].map(unitsOf)
  const sum = (name: 'read' | 'write') => renewal.reduce((total, one) => total + one[name], 0)
  return {
    memoryMb,
    cpuMs,
    billedMs,
    perMillion: verified(MILLION),
    perMonth: joined([
      ...verified(LICENSES * VERIFIED_A_DAY * DAYS),
      ...calls(LICENSES * renewal.length, WEBHOOK_TIMES * billedMs),
      priced('readUnit', LICENSES * sum('read')),
      priced('writeUnit', LICENSES * sum('write')),
      priced('secretMonth', Object.keys(stage.service.custom.names).length - NO_SECRETS.length),
    ]),
  }
}

/** One item for each unit. */
function joined(items: readonly Item[]): readonly Item[] {
  const groups = Map.groupBy(items, ({ of }) => of)
  return [...groups].map(([of, group]) => ({
    of,
    amount: group.reduce((sum, { amount }) => sum + amount, 0),
    usd: group.reduce((sum, { usd }) => sum + usd, 0),
  }))
}

const usd = (value: number) => `$${value.toFixed(2)}`

const listed = (items: readonly Item[]) =>
  table(
    ['what', 'how much', 'US dollars'],
    [
      ...items.map((item) => [item.of, figure(item.amount), usd(item.usd)]),
      ['all', '', usd(items.reduce((sum, item) => sum + item.usd, 0))],
    ],
  )

const tell = ({ memoryMb, cpuMs, billedMs, perMillion, perMonth }: Cost) => `\
By the prices in [prices.json](../scripts/bench/prices.json), read on ${prices.readAt} for ${prices.region}, without any free tier and discount. A
warm verify takes ${figure(cpuMs)} ms of a processor here; at ${memoryMb} MB Lambda gives ${figure((100 * memoryMb) / WHOLE_PROCESSOR_MB)} % of one, so ${billedMs} ms are counted as billed.

A million verifications:

${listed(perMillion)}

Others, as they publish it; their prices include people and support:

${table(
  ['service', 'US dollars a million'],
  [
    ...prices.others.map(({ name, usdPerMillion }) => [name, usd(usdPerMillion)]),
    ['this, in your own account', usd(perMillion.reduce((sum, item) => sum + item.usd, 0))],
  ],
)}

A month with ${LICENSES.toLocaleString('en')} licenses, each verified ${VERIFIED_A_DAY === 1 ? 'once' : `${VERIFIED_A_DAY} times`} a day for ${DAYS} days and renewed once by two events of Stripe, of
which each is counted as billed ${WEBHOOK_TIMES} times as long as a verification:

${listed(perMonth)}`

export const costPart: Part<Cost> = { name: 'cost', title: 'What it costs', measure, tell }
