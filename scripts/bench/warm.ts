/** What a call of verify takes once it is warm, against the least that anybody could do with the SDK. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startEnvironment } from './environment.ts'
import { events } from './events.ts'
import { ratioOf, type Spread, spreadOf } from './figures.ts'
import { against, spread, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'

const MOST = 1.3
const CALLS = 200

interface Run {
  readonly ms: number
  readonly cpuMs: number
}

const WHAT = {
  verify: 'verify, by somebody new',
  again: 'verify, by the same caller again',
  bareSdk: 'the bare SDK',
} as const

type Figures = { readonly [Figure in keyof Run]: Spread }

interface Warm {
  readonly calls: number
  readonly taken: Readonly<Record<keyof typeof WHAT, Figures>>
  /** Of both verifications to the bare SDK. */
  readonly ratio: Readonly<Record<'verify' | 'again', Figures>>
}

async function measure({ stage, bundles, isShort, say }: Bench): Promise<Warm> {
  const made = await startEnvironment(bundles.of('generate').file, stage.variablesOf('generate'))
  const { answer } = await made.invoke(events.order('warm'))
  await made.stop()
  const { license } = JSON.parse(answer.body ?? '')
  const { Items = [] } = await stage.find('warm')
  const { pk, sk } = Items[0] ?? {}

  const rounds = isShort ? 5 : 50
  say(`warm verify: ${rounds} rounds of ${CALLS} calls each`)
  const child = fork(fileURLToPath(new URL('./warm.mjs', import.meta.url)), {
    env: stage.variablesOf('verify'),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send({
    rounds,
    calls: CALLS,
    handlers: [
      { bundle: bundles.of('verify').file, event: events.verification(license), isNew: true },
      { bundle: bundles.of('verify').file, event: events.verification(license) },
      { bundle: bundles.of('bareSdk').file, event: { pk, sk } },
    ],
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The process ended with ${code}`)
  })
  const [runs] = await Promise.race([once(child, 'message'), died])
  died.catch(() => {})
  const [verify, again, bareSdk] = runs as [Run[], Run[], Run[]]
  const spreads = (of: readonly Run[]) => both(of, (values) => spreadOf(values))
  const toBare = (of: readonly Run[]) =>
    both(of, (values, name) =>
      ratioOf(
        values,
        bareSdk.map((run) => run[name]),
      ),
    )
  return {
    calls: CALLS,
    taken: { verify: spreads(verify), again: spreads(again), bareSdk: spreads(bareSdk) },
    ratio: { verify: toBare(verify), again: toBare(again) },
  }
}

const both = (
  runs: readonly Run[],
  make: (values: readonly number[], name: keyof Run) => Spread,
) => ({
  ms: make(
    runs.map(({ ms }) => ms),
    'ms',
  ),
  cpuMs: make(
    runs.map(({ cpuMs }) => cpuMs),
    'cpuMs',
  ),
})

const tell = ({ calls, taken, ratio }: Warm) => `\
One process calls the packaged verify and the bare SDK's \`GetItem\` with its item as JSON, ${calls} times each in each of
${taken.verify.ms.runs} rounds. Verify besides parses and checks the request, makes the id of the key, reads in the same round trip
the counter of failures of whoever has not called in the last seconds, judges, and writes a metric.

Goal: at most ${MOST} × the processor time. By somebody new it is ${spread(ratio.verify.cpuMs)} ×: ${against(ratio.verify.cpuMs.median <= MOST)}.

${table(
  ['a call of', 'time', 'processor time', '× time', '× processor time'],
  Object.entries(WHAT).map(([name, title]) => {
    const { ms, cpuMs } = taken[name as keyof typeof WHAT]
    const to = ratio[name as keyof Warm['ratio']] as Figures | undefined
    return [
      title,
      spread(ms, ' ms'),
      spread(cpuMs, ' ms'),
      to ? spread(to.ms) : '1',
      to ? spread(to.cpuMs) : '1',
    ]
  }),
)}`

export const warmPart: Part<Warm> = { name: 'warm', title: 'Warm verify', measure, tell }
