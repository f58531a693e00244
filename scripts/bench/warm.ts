/** The time of a warm call in process, compared with one read by the AWS SDK. */

import { Bench } from 'tinybench'
import type { Bundles } from './bundles.ts'
import { toVerify } from './events.ts'
import type { Stage } from './stage.ts'
import { median } from './statistics.ts'

type Handler = (event: object, context: object) => Promise<{ readonly statusCode: number }>

/** The processor time so far, in milliseconds. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Measures latency with tinybench, and processor time from its hooks. */
export async function measureWarm(
  stage: Stage,
  bundles: Bundles,
  { license, seconds }: { readonly license: string; readonly seconds: number },
): Promise<readonly object[]> {
  Object.assign(process.env, stage.variablesOf('verify'))
  const context = { awsRequestId: 'request', functionName: 'verify' }
  const load = async (name: string) => {
    const { handler } = (await import(bundles.find(name).file)) as { handler: Handler }
    return async (event: object) => {
      const { statusCode } = await handler(event, context)
      if (statusCode !== 200) throw new Error(`${name} returned ${statusCode}`)
    }
  }
  const [verify, bareSdk] = [await load('verify'), await load('bareSdk')]
  const repeated = toVerify(license)
  const bench = new Bench({ time: seconds * 1000, warmupTime: 2000, throws: true })
  const cpu = new Map<string, { ms: number; calls: number }>()

  function add(name: string, call: () => Promise<void>) {
    const used = { ms: 0, calls: 0 }
    cpu.set(name, used)
    bench.add(
      name,
      async () => {
        used.calls++
        await call()
      },
      {
        beforeAll() {
          used.calls = 0
          used.ms = cpuMs()
        },
        afterAll() {
          used.ms = cpuMs() - used.ms
        },
      },
    )
  }
  add('one read by the AWS SDK', () => bareSdk({ pk: 'BARE', sk: 'BARE' }))
  add('verify, by a new caller', () => verify(toVerify(license)))
  add('verify, by the same caller', () => verify(repeated))
  await bench.run()
  const rows = bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name} is ${result.state}`)
    const { ms, calls } = cpu.get(name) ?? { ms: 0, calls: 1 }
    return { name, ms: result.latency.p50, cpuMs: ms / calls }
  })
  const [baseline] = rows
  return rows.map((row) => ({
    call: row.name,
    'median ms': median([row.ms]),
    'CPU ms': median([row.cpuMs]),
    '× CPU of the SDK': median([row.cpuMs / (baseline?.cpuMs ?? Number.NaN)]),
  }))
}
