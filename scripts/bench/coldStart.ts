/** The time from the start of a process to an imported function, and to its first response. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Bundles } from './bundles.ts'
import {
  createBuyer,
  createEvent,
  toActivate,
  toDeliver,
  toGenerate,
  toList,
  toVerify,
} from './events.ts'
import type { Stage } from './stage.ts'
import { median } from './statistics.ts'

const PROGRAM = fileURLToPath(new URL('coldStart.mjs', import.meta.url))
const BASELINE = 'bareSdk'

interface Report {
  readonly status: number
  readonly importMs: number
  readonly importCpuMs: number
  readonly totalMs: number
  readonly totalCpuMs: number
}

/** Returns an event for each function that it handles successfully. */
const createEvents = (license: string): Readonly<Record<string, object>> => ({
  [BASELINE]: {},
  admin: toList(),
  devices: toActivate(license, 'device'),
  generate: toGenerate('cold_start'),
  health: createEvent('/health', { method: 'GET' }),
  licenseChanges: { Records: [] },
  mailEvents: { 'detail-type': 'Email Delivered', detail: { mail: {} } },
  panel: createEvent('/admin', { method: 'GET' }),
  preflight: createEvent('/api/verify', { method: 'OPTIONS' }),
  recover: createEvent('/api/recover', { body: '{"email":"lost@example.com"}' }),
  remind: {},
  sendEmail: { Records: [] },
  stripeWebhook: toDeliver(createBuyer('cold_start').subscribed(0)),
  verify: toVerify(license),
  wellKnown: createEvent('/.well-known/jwks.json', { method: 'GET' }),
})

async function start(bundle: string, env: NodeJS.ProcessEnv, event?: object): Promise<Report> {
  const args = event ? [bundle, JSON.stringify(event)] : [bundle]
  const child = fork(PROGRAM, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The process of ${bundle} ended with ${code}`)
  })
  const [report] = await Promise.race([once(child, 'message'), failed])
  failed.catch(() => {})
  if (report.status >= 300) throw new Error(`${bundle} returned ${report.status}`)
  return report
}

/**
 * Starts every function in turns. The first start of each round only imports the bundle: without the name of a function
 * it prepares nothing. The second one prepares connections and secrets, and handles an event.
 */
export async function measureColdStarts(
  stage: Stage,
  bundles: Bundles,
  { license, rounds }: { readonly license: string; readonly rounds: number },
): Promise<readonly object[]> {
  const events = createEvents(license)
  const names = [BASELINE, ...Object.keys(stage.service.functions)]
  const runs = new Map(names.map((name) => [name, [] as Omit<Report, 'status'>[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { file } = bundles.find(name)
      const { AWS_LAMBDA_FUNCTION_NAME, ...variables } = stage.variablesOf(name)
      const { importMs, importCpuMs } = await start(file, variables)
      const env = { ...variables, AWS_LAMBDA_FUNCTION_NAME }
      const { totalMs, totalCpuMs } = await start(file, env, events[name])
      runs.get(name)?.push({ importMs, importCpuMs, totalMs, totalCpuMs })
    }
  }
  const baseline = runs.get(BASELINE) ?? []
  return names.map((name) => {
    const own = runs.get(name) ?? []
    const of = (field: keyof Omit<Report, 'status'>) => median(own.map((run) => run[field]))
    const ratio = (field: keyof Omit<Report, 'status'>) =>
      median(own.map((run, index) => run[field] / (baseline[index]?.[field] ?? Number.NaN)))
    return {
      function: name,
      KB: Math.round(bundles.find(name).bytes / 1000),
      'import ms': of('importMs'),
      '× bare SDK': ratio('importMs'),
      'response ms': of('totalMs'),
      '× bare SDK ': ratio('totalMs'),
      'CPU ms': of('totalCpuMs'),
      '× bare SDK  ': ratio('totalCpuMs'),
    }
  })
}
