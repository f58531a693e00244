/** npm run keys:rotate: gives a stage a new key to sign answers with. */

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Command } from 'commander'
import { RETIRED_MS } from '../../lib/signing/ring.ts'
import { readService } from '../local/service.ts'
import { changeRing } from './change.ts'

interface Options {
  readonly stage: string
  readonly region: string
  readonly now?: true
}

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
  .parse()

const { stage, region, now = false } = command.opts<Options>()
try {
  const { custom } = await readService(stage)
  const client = new SecretsManagerClient({ region })
  const at = Date.now()
  const { from, to, signsFrom, dropped } = await changeRing(
    client,
    custom.names.signingKeys,
    at,
    now,
  )
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
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
