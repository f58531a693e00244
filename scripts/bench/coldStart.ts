/** How long a fresh process takes until a function is there, and until its first answer. */

import type { Bundle } from './bundles.ts'
import { type Answer, startEnvironment } from './environment.ts'
import { anEvent, aPurchase, events } from './events.ts'
import { inTurns, ratioOf, type Spread, spreadOf } from './figures.ts'
import { against, figure, kilobytes, spread, table } from './markdown.ts'
import type { Bench, Part } from './part.ts'

const BARE = 'bareSdk'
const MOST = 1.25

interface Started {
  readonly importMs: number
  readonly importCpuMs: number
  readonly answerMs: number
  readonly answerCpuMs: number
}

interface Cold {
  readonly name: string
  readonly bytes: number
  readonly origins: Bundle['origins']
  readonly figures: { readonly [Figure in keyof Started]: Spread }
  /** Against the bare SDK client, run by run. */
  readonly ratios: { readonly [Figure in keyof Started]: Spread }
}

/** An event for each function that it answers well. */
const eventsFor = (license: string): Readonly<Record<string, object>> => ({
  [BARE]: {},
  admin: events.list(),
  devices: events.activation(license, 'device'),
  generate: events.order('cold_start'),
  health: events.lookup('/health'),
  licenseChanges: { Records: [] },
  mailEvents: { 'detail-type': 'Email Delivered', detail: { mail: {} } },
  panel: events.lookup('/admin'),
  preflight: anEvent('/api/verify', { method: 'OPTIONS' }),
  recover: anEvent('/api/recover', { body: '{"email":"lost@example.com"}' }),
  remind: {},
  sendEmail: { Records: [] },
  stripeWebhook: events.delivery(aPurchase('cold_start')),
  verify: events.verification(license),
  wellKnown: events.lookup('/.well-known/jwks.json'),
})

async function measure({ stage, bundles, isShort, say }: Bench): Promise<readonly Cold[]> {
  const made = await startEnvironment(bundles.of('generate').file, stage.variablesOf('generate'))
  const { answer } = await made.invoke(events.order('cold_start'))
  await made.stop()
  const all = eventsFor(JSON.parse(answer.body ?? '').license)
  const rounds = isShort ? 3 : 15

  const start = (name: string) => async (round: number) => {
    if (name === BARE) say(`cold start: round ${round + 1} of ${rounds}`)
    const event = all[name]
    if (!event) throw new Error(`There is no event for the function ${name}`)
    const variables = stage.variablesOf(name)
    const { file } = bundles.of(name)
    // Without the name of a function nothing is made ready, so this is what importing takes and nothing else.
    const { AWS_LAMBDA_FUNCTION_NAME: _, ...plain } = variables
    const imported = await startEnvironment(file, plain)
    await imported.stop()
    const begun = performance.now()
    const started = await startEnvironment(file, variables)
    const first = await started.invoke(event)
    const answerMs = performance.now() - begun
    await started.stop()
    expectSuccess(name, first.answer)
    return {
      importMs: imported.importMs,
      importCpuMs: imported.importCpuMs,
      answerMs,
      answerCpuMs: started.cpuMs + first.cpuMs,
    }
  }

  const names = [BARE, ...Object.keys(stage.service.functions)]
  const runs = await inTurns(rounds, Object.fromEntries(names.map((name) => [name, start(name)])))
  return names.map((name) => {
    const { bytes, origins } = bundles.of(name)
    return { name, bytes, origins, ...compared(runs[name] ?? [], runs[BARE] ?? []) }
  })
}

function expectSuccess(name: string, { statusCode = 200 }: Partial<Answer>) {
  if (statusCode >= 300) throw new Error(`${name} answered ${statusCode}`)
}

const FIGURES = ['importMs', 'importCpuMs', 'answerMs', 'answerCpuMs'] as const

function compared(runs: readonly Started[], bare: readonly Started[]) {
  const of = (figure: keyof Started) => runs.map((run) => run[figure])
  const all = (make: (name: keyof Started) => Spread) =>
    Object.fromEntries(FIGURES.map((name) => [name, make(name)])) as Cold['figures']
  return {
    figures: all((name) => spreadOf(of(name))),
    ratios: all((name) =>
      ratioOf(
        of(name),
        bare.map((run) => run[name]),
      ),
    ),
  }
}

const ORIGINS_TOLD = 12

function tell(cold: readonly Cold[]): string {
  const verify = cold.find(({ name }) => name === 'verify')
  if (!verify) return ''
  const { importMs, importCpuMs, answerMs } = verify.ratios
  const [runs] = cold.map(({ figures }) => figures.importMs.runs)
  return `Each of ${runs} rounds starts every function twice in a fresh process, in turns: once to import its bundle and nothing
else, and once as Lambda does, from the start of the process to its first answer, with connections opened and secrets
fetched before the first event. \`bareSdk\` is the AWS SDK's DynamoDB client, one read, and nothing else. Medians, with the
tenth and the ninetieth percentile.

Goal: importing verify takes at most ${MOST} × the bare SDK. It takes ${spread(importMs)} × its time and ${spread(importCpuMs)} × its
processor time: ${against(importMs.median <= MOST)}. Until the first answer it is ${spread(answerMs)} ×.

${table(
  ['function', 'bundle', 'import', 'CPU of it', 'first answer', 'CPU of it', '× bare SDK'],
  cold.map(({ name, bytes, figures, ratios }) => [
    name,
    kilobytes(bytes),
    spread(figures.importMs, ' ms'),
    `${figure(figures.importCpuMs.median)} ms`,
    spread(figures.answerMs, ' ms'),
    `${figure(figures.answerCpuMs.median)} ms`,
    figure(ratios.answerMs.median),
  ]),
)}

What verify's bundle is made of:

${table(
  ['origin', 'bytes', 'share'],
  Object.entries(verify.origins)
    .slice(0, ORIGINS_TOLD)
    .map(([origin, bytes]) => [
      `\`${origin}\``,
      figure(bytes),
      `${figure((100 * bytes) / verify.bytes)} %`,
    ]),
)}`
}

export const coldStartPart: Part<readonly Cold[]> = {
  name: 'cold-start',
  title: 'Cold start',
  measure,
  tell,
}
