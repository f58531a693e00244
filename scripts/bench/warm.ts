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

interface Warm {
  readonly calls: number
  readonly verify: { readonly ms: Spread; readonly cpuMs: Spread }
  readonly bareSdk: { readonly ms: Spread; readonly cpuMs: Spread }
  readonly ratio: { readonly ms: Spread; readonly cpuMs: Spread }
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
      { bundle: bundles.of('verify').file, event: events.verification(license) },
      { bundle: bundles.of('bareSdk').file, event: { pk, sk } },
    ],
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The process ended with ${code}`)
  })
  const [runs] = await Promise.race([once(child, 'message'), died])
  died.catch(() => {})
  const [verify, bare] = runs as [Run[], Run[]]
  return {
    calls: CALLS,
    verify: both(verify, (values) => spreadOf(values)),
    bareSdk: both(bare, (values) => spreadOf(values)),
    ratio: both(verify, (values, name) =>
      ratioOf(
        values,
        bare.map((run) => run[name]),
      ),
    ),
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

const tell = ({ calls, verify, bareSdk, ratio }: Warm) => `\
One process calls the packaged verify and the bare SDK's \`GetItem\` with its item as JSON, ${calls} times each in each of
${verify.ms.runs} rounds. Verify besides parses and checks the request, makes the id of the key, reads
the counter of failures in the same round trip, judges, and writes a metric.

Goal: at most ${MOST} × the processor time. It is ${spread(ratio.cpuMs)} ×: ${against(ratio.cpuMs.median <= MOST)}.

${table(
  ['a call of', 'time', 'processor time'],
  [
    ['verify', spread(verify.ms, ' ms'), spread(verify.cpuMs, ' ms')],
    ['the bare SDK', spread(bareSdk.ms, ' ms'), spread(bareSdk.cpuMs, ' ms')],
    ['ratio, round by round', spread(ratio.ms), spread(ratio.cpuMs)],
  ],
)}`

export const warmPart: Part<Warm> = { name: 'warm', title: 'Warm verify', measure, tell }
