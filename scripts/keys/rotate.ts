/** npm run keys:rotate: gives a stage a new key to sign answers with, or a new master key. */

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Command, Option } from 'commander'
import { RETIRED_MS } from '../../lib/signing/ring.ts'
import { readService, type Service } from '../local/service.ts'
import { changeRing } from './change.ts'
import { replaceMasterKey } from './master.ts'

interface Options {
  readonly stage: string
  readonly region: string
  readonly now?: true
  readonly master?: true
  readonly keyFile?: string
}

type Names = Service['custom']['names']

const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const command = new Command('keys:rotate')
  .description(
    'Makes a new key to sign answers with. It is published at once and signs in two days; the old one stays published until no lease that it signed can be in use. Nothing else has to be done, and no app has to change.',
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .option(
    '--now',
    'the old keys leaked: the new one signs at once, and they are not published any more',
  )
  .addOption(
    new Option(
      '--master',
      'a new master key instead, which makes the keys of licenses from now on; what was sold stays good',
    ).conflicts('now'),
  )
  .option('--key-file <file>', 'with --master: the new master key, every byte of the file')
  .parse()

const { stage, region, now = false, master = false, keyFile } = command.opts<Options>()

/** Every byte counts: what is no text would become another key, which makes other license keys. */
function masterKeyIn(file: string): string {
  const bytes = readFileSync(file)
  if (bytes.length === 0) throw new Error(`${file} is empty`)
  if (!isUtf8(bytes)) throw new Error(`${file} is no text in UTF-8, which a master key has to be`)
  return bytes.toString('utf8')
}

async function rotateMaster(client: SecretsManagerClient, { masterKeys, olderMasterKeys }: Names) {
  const key = keyFile === undefined ? undefined : masterKeyIn(keyFile)
  const secrets = { current: masterKeys, older: olderMasterKeys }
  const { from, to } = await replaceMasterKey(client, secrets, key)
  console.log(
    `Master key ${to} makes new keys as soon as the functions read it, within ten minutes.`,
  )
  console.log(`Master key ${from} is kept in ${olderMasterKeys} for the keys that it made.`)
  console.log('Back up both secrets.')
}

async function rotateSigning(client: SecretsManagerClient, { signingKeys }: Names) {
  const at = Date.now()
  const { from, to, signsFrom, dropped } = await changeRing(client, signingKeys, at, now)
  console.log(`New key ${to}`)
  if (now) {
    console.log('It signs as soon as the functions read it, within ten minutes.')
    console.log('Apps believe the old keys until they are built with the new one:')
    console.log('download jwks.json again and ship an update.')
  } else {
    console.log(`Old key ${from}`)
    console.log(`The new one is published now and signs from ${day(signsFrom)} on.`)
    console.log(`The old one stays published until ${day(signsFrom + RETIRED_MS)}.`)
  }
  if (dropped > 0) console.log(`${dropped} older key${dropped === 1 ? ' is' : 's are'} gone.`)
}

try {
  if (keyFile !== undefined && !master) throw new Error('--key-file goes with --master')
  const { custom } = await readService(stage)
  const client = new SecretsManagerClient({ region })
  await (master ? rotateMaster : rotateSigning)(client, custom.names)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
