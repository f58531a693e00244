import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { SERVERLESS } from '../local/service.ts'
import { type Compared, compare } from './compare.ts'
import type { Made, Moto } from './moto.ts'
import type { Template } from './template.ts'

const run = promisify(execFile)

/** How often `serverless` asks whether CloudFormation is done: moto is at once. */
const ASK_MS = '250'

interface Stage {
  readonly moto: Moto
  /** The copy of the project. */
  readonly directory: string
  readonly stage: string
  readonly region: string
  readonly parameters: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly proxy: string
  readonly signal: AbortSignal
}

export interface Played extends Compared {
  /** What is there still after the stack was removed, and is to be. */
  readonly stay: readonly string[]
}

/** What was packaged. */
interface Package {
  readonly folder: string
  readonly service: string
  /** The source of one of the functions. */
  readonly handler: string
  readonly template: Template
  /** Of each function's code, by the name of the function in the template. */
  readonly hashes: ReadonlyMap<string, string>
}

/**
 * Deploys, deploys again, changes, rolls back and removes. Prints a line after each.
 *
 * @throws Error when a command fails, or did not do what it is for
 */
export async function play(at: Stage): Promise<Played> {
  const { moto, directory, stage, region, parameters, env, proxy, signal } = at
  /** Runs a command in the copy of the project. */
  const command = async (file: string, ...args: string[]) => {
    const { stdout, stderr } = await run(
      process.execPath,
      [file, ...args, '--stage', stage, '--region', region],
      {
        cwd: directory,
        signal,
        env: {
          ...env,
          // `serverless` knows no NO_PROXY, so moto itself is behind the proxy too.
          HTTP_PROXY: proxy,
          HTTPS_PROXY: proxy,
          SLS_AWS_MONITORING_FREQUENCY: ASK_MS,
        },
      },
    )
    return `${stdout}${stderr}`
  }
  const serverless = (...args: string[]) => command(SERVERLESS, ...args)
  /** As the workflow that deploys asks. */
  const current = async () => {
    const printed = await command('scripts/deploy/current.ts')
    return /^deployment=(.*)$/m.exec(printed)?.[1]
  }
  const packaged = async (name: string): Promise<Package> => {
    const folder = path.join(directory, name)
    await serverless(
      'package',
      '--package',
      folder,
      ...parameters.map((parameter) => `--param=${parameter}`),
    )
    return readPackage(folder)
  }
  const deploy = ({ folder }: Package) => serverless('deploy', '--package', folder)

  const first = await packaged('first')
  const stack = `${first.service}-${stage}`
  const look = () => moto.look(env, stack)
  must((await current()) === '', 'Something is deployed before anything was')

  // What is deployed is what was packaged, whatever became of the sources since.
  await appendFile(path.join(directory, first.handler), '\nexport const rehearsed = true\n')
  await deploy(first)
  const made = await look()
  console.log(`Deployed ${stack}: ${made.length} resources`)
  const compared = compare(first.template, made, first.hashes, { region, stack })

  const again = await deploy(first)
  must(/^No changes to deploy/m.test(again), 'It was deployed again though nothing had changed')
  console.log('Deployed again, unchanged: nothing to do')

  const deployment = (await current()) ?? ''
  const second = await packaged('second')
  await deploy(second)
  const changed = changedFunctions(first, second)
  must(changed.length > 0, 'The change is not in what was packaged')
  must(runs(await look(), second, changed), 'The changed code does not run after it was deployed')
  must((await current()) !== deployment, 'The deployment has no new name')
  console.log(`Deployed a change of ${changed.join(', ')}`)

  await serverless('rollback', '--timestamp', deployment)
  must(runs(await look(), first, changed), 'The code of before does not run after the rollback')
  must((await current()) === deployment, 'The rollback went elsewhere')
  console.log('Rolled back: the code of before runs again')

  await serverless('remove')
  const left = (await moto.look(env, made)).filter(({ properties }) => properties)
  for (const { name, properties } of made) {
    const isLeft = left.some((each) => each.name === name)
    const stays = properties !== null && retained(first.template, name)
    must(
      isLeft === stays,
      `${name} is ${isLeft ? 'there still' : 'gone'} after the stack was removed`,
    )
  }
  console.log('Removed')
  return {
    ...compared,
    stay: Object.keys(first.template.Resources).filter(
      (name) => retained(first.template, name) && !compared.leftOut.has(name),
    ),
  }
}

function must(fact: boolean, fault: string): void {
  if (!fact) throw new Error(fault)
}

/** A version goes with its function, whatever is said of it. */
const retained = ({ Resources }: Template, name: string) =>
  Resources[name]?.DeletionPolicy === 'Retain' && Resources[name].Type !== 'AWS::Lambda::Version'

async function readPackage(folder: string): Promise<Package> {
  const file = path.join(folder, 'cloudformation-template-update-stack.json')
  const template: Template = JSON.parse(await readFile(file, 'utf8'))
  const hashes = new Map<string, string>()
  for (const [name, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue
    const { S3Key } = (Properties?.['Code'] ?? {}) as { S3Key: string }
    const zip = await readFile(path.join(folder, path.posix.basename(S3Key)))
    hashes.set(name, createHash('sha256').update(zip).digest('base64'))
  }
  const state = JSON.parse(await readFile(path.join(folder, 'serverless-state.json'), 'utf8'))
  const [{ handler }] = Object.values(state.service.functions) as [{ handler: string }]
  const service: string = state.service.service
  return { folder, service, handler: handler.replace(/\.\w+$/, '.ts'), template, hashes }
}

const changedFunctions = (one: Package, other: Package) =>
  [...one.hashes].flatMap(([name, hash]) => (other.hashes.get(name) === hash ? [] : [name]))

const runs = (made: readonly Made[], { hashes }: Package, names: readonly string[]) =>
  names.every((name) =>
    made.some((each) => each.name === name && each.properties?.['CodeSha256'] === hashes.get(name)),
  )
