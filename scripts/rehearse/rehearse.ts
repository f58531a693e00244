/** npm run deploy:rehearse: deploys the whole stack to moto on this machine, changes it, rolls back and removes it. */

import { rm } from 'node:fs/promises'
import { Command } from 'commander'
import { findMoto, type Moto } from './moto.ts'
import { startOnlyWay } from './onlyWay.ts'
import { copyProject } from './project.ts'
import { printReport } from './report.ts'
import { play } from './scenes.ts'

interface Options {
  readonly stage: string
  readonly region: string
  readonly param: readonly string[]
}

const { stage, region, param } = new Command('deploy:rehearse')
  .description(
    'Deploys the whole stack to moto, an AWS on this machine, as npm run deploy does; deploys it again, then a change, rolls back and removes it. Says what of it could not be rehearsed.',
  )
  .option('--stage <stage>', 'the deployment', 'rehearsal')
  .option('--region <region>', 'where moto believes to be', 'us-east-1')
  .option(
    '--param <name=value>',
    'a parameter of serverless.yml; may be given more than once',
    (value: string, others: readonly string[]) => [...others, value],
    [],
  )
  .parse()
  .opts<Options>()

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`Stopped by ${signal}`)))
}

async function rehearse(moto: Moto): Promise<void> {
  const directory = await copyProject()
  // Nobody's credentials and settings, and no way to anywhere but moto.
  const sealed = {
    PATH: process.env['PATH'],
    HOME: directory,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_EC2_METADATA_DISABLED: 'true',
    SLS_TELEMETRY_DISABLED: '1',
  }
  try {
    await using server = disposable(await moto.start(sealed, directory))
    await using way = disposable(await startOnlyWay(server.url))
    const env = { ...sealed, AWS_ENDPOINT_URL: server.url }
    const scene = { moto, directory, stage, region, parameters: param, env, proxy: way.url }
    const played = await play({ ...scene, signal: interrupted.signal }).catch((error) => {
      throw new Error(`${reason(error)}\n${server.fault()}`, { cause: error })
    })
    printReport({ ...played, refused: way.refused })
    if (played.faults.length > 0) process.exitCode = 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const disposable = <T extends { stop(): Promise<void> }>(server: T) =>
  Object.assign(server, { [Symbol.asyncDispose]: () => server.stop() })

const moto = await findMoto()
if (!moto) {
  console.log('Skipped: moto is not on this machine. Install it with: pip install "moto[all]"')
} else {
  try {
    console.log(`Rehearsing stage ${stage} on moto ${moto.version}. This takes about a minute.`)
    await rehearse(moto)
  } catch (error) {
    const { message } = error as Error
    console.error(interrupted.signal.aborted ? 'Stopped.' : `${message}\nThe rehearsal failed.`)
    process.exitCode = 1
  }
}

/** What a command that failed wrote to its standard error is in the message already. */
function reason(error: unknown): string {
  const { message, stdout = '' } = error as Error & { stdout?: string }
  return `${message}\n${stdout}`
}
