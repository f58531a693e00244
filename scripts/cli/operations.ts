/** The commands that operate a deployment with the credentials of AWS, instead of through its API. */

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Service } from '../local/service.ts'

/** Sending many writes at once, to a table that may be new: DynamoDB throttles until it has scaled. */
const MAX_ATTEMPTS = 12
const STRIPE_TIMEOUT_MS = 20_000

interface Target {
  readonly stage: string
  readonly region: string
}

interface TableTarget extends Target {
  readonly table?: string
}

function parseSeconds(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number of seconds.')
}

async function read(stage: string): Promise<Service> {
  const { readService } = await import('../local/service.ts')
  return readService(stage)
}

async function openTable({ region }: Target) {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  return new DynamoDBClient({ region, maxAttempts: MAX_ATTEMPTS })
}

const definitionOf = async (stage: string) =>
  (await read(stage)).resources.Resources.Table.Properties

const tableName = async ({ stage, table }: TableTarget) =>
  table ?? (await definitionOf(stage)).TableName

/**
 * Adds the commands to the program. Each loads what it needs when it runs: the clients of AWS take longer to load than
 * most other commands to run.
 */
export function addOperations(program: Command): void {
  const add = (parent: Command, name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .requiredOption('--stage <stage>', 'the deployment')
      .option('--region <region>', 'its AWS region', process.env['AWS_REGION'] ?? 'us-east-1')
  const addForTable = (parent: Command, name: string, description: string) =>
    add(parent, name, description).option(
      '--table <name>',
      'the table (default: the one in serverless.yml)',
    )

  add(
    program,
    'setup',
    'completes a deployment: checks the secrets and SES, and registers the webhook at Stripe. ' +
      'Exits with 1 while something is left for you to do. Run it as often as you like. --url sets the URL of the service ' +
      'if it differs from the one that was deployed.',
  )
    .option('--mail-from <address>', 'the sender of emails (default: as deployed)')
    .option('--store-key', 'stores STRIPE_API_KEY as the key that the service uses')
    .addHelpText(
      'after',
      '\nSTRIPE_API_KEY in the environment: a Stripe key that can write webhook endpoints. It is not stored without --store-key.',
    )
    .action(async ({ stage, region, mailFrom, storeKey = false }) => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation')
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
      const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
      const { SESv2Client } = await import('@aws-sdk/client-sesv2')
      const { createStripe } = await import('../../lib/stripe/api.ts')
      const { setup } = await import('../setup/setup.ts')
      const isDone = await setup(
        {
          stage,
          service: await read(stage),
          cloudFormation: new CloudFormationClient({ region }),
          dynamoDb: new DynamoDBClient({ region }),
          secretsManager: new SecretsManagerClient({ region }),
          ses: new SESv2Client({ region }),
          createStripe: (key) =>
            createStripe(key, process.env['STRIPE_API_BASE'] || undefined, STRIPE_TIMEOUT_MS),
          stripeApiKey: process.env['STRIPE_API_KEY'] || undefined,
          storeKey,
          // Not from the environment: a URL for other commands must not become the target of the webhook.
          url: program.getOptionValueSource('url') === 'cli' ? program.opts()['url'] : undefined,
          mailFrom,
        },
        console.log,
      )
      if (!isDone) process.exitCode = 1
    })

  program
    .command('smoke')
    .description(
      'checks a deployed service from outside and changes nothing. Exits with 1 if a check fails. With --token it also ' +
        'reads a license.',
    )
    .option('--origin <origin>', 'an origin whose pages CORS must allow')
    .addOption(
      new Option('--patience <seconds>', 'how long to wait for a service that is starting')
        .argParser(parseSeconds)
        .default(30),
    )
    .action(async ({ origin, patience }) => {
      const { smoke } = await import('../smoke/smoke.ts')
      const { url, token } = program.opts()
      const isHealthy = await smoke(
        { url, token, origin, patienceMs: patience * 1000 },
        console.log,
      )
      console.log(isHealthy ? 'All checks passed.' : 'Some checks failed: see the lines with FAIL.')
      if (!isHealthy) process.exitCode = 1
    })

  add(
    program,
    'rotate',
    'adds a key that signs tokens. It is published at once and signs in two days. The old key stays published until every ' +
      'lease that it signed has expired. Apps need no change.',
  )
    .option('--now', 'if keys leaked: the new key signs at once and the old ones are withdrawn')
    .addOption(
      new Option(
        '--master',
        'replaces the master key instead, which derives new license keys. Keys that were sold stay valid',
      ).conflicts('now'),
    )
    .option('--key-file <file>', 'with --master: a file that contains exactly the new master key')
    .action(async ({ stage, region, now = false, master = false, keyFile }) => {
      if (keyFile !== undefined && !master) throw new Error('--key-file requires --master')
      const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
      const { rotateMasterKey, rotateSigningKey } = await import('./rotate.ts')
      const { names } = (await read(stage)).custom
      const client = new SecretsManagerClient({ region })
      if (master) await rotateMasterKey(client, names, keyFile)
      else await rotateSigningKey(client, names, now)
    })

  addForTable(
    program,
    'backup',
    'writes all records of a table to a file, in the format of a DynamoDB export to S3. The file contains names and ' +
      'addresses of customers but no keys. It is useless without the secrets, which it does not contain.',
  )
    .requiredOption('--to <file>', 'a new file; compressed if its name ends with .gz')
    .action(async ({ to, ...target }) => {
      const { saveTable } = await import('../backup/save.ts')
      const { sumOf, tableOf } = await import('../backup/counts.ts')
      const name = await tableName(target)
      const counts = await saveTable(await openTable(target), name, to)
      console.log(`${sumOf(counts)} records of ${name} are in ${to}.`)
      if (counts.size > 0) console.log(tableOf(counts))
    })

  addForTable(
    program,
    'restore',
    'writes the records of a backup to a new table, which it creates if necessary. Rejects a damaged backup before it ' +
      'writes anything. Leaves out expired records, requests for lost keys and rate limits, and rebuilds the summary.',
  )
    .requiredOption('--from <path>', 'a file of `backup`, or the folder of a DynamoDB export to S3')
    .option('--resume', 'continues with a table that has records; they stay unchanged')
    .action(async ({ from, resume = false, ...target }) => {
      const { fillTable } = await import('../backup/fill.ts')
      const { sumOf, tableOf } = await import('../backup/counts.ts')
      const { recount, resultOf } = await import('../summary/recount.ts')
      const Properties = await definitionOf(target.stage)
      const definition = { ...Properties, TableName: target.table ?? Properties.TableName }
      const client = await openTable(target)
      const { written, kept, leftOut } = await fillTable({
        client,
        definition,
        from,
        isResumed: resume,
        now: Date.now(),
      })
      console.log(`${sumOf(written)} records were written to ${definition.TableName}.`)
      if (written.size > 0) console.log(tableOf(written))
      if (kept.size > 0) console.log(`${sumOf(kept)} existed and stayed unchanged.`)
      if (leftOut.size > 0) {
        console.log(`${sumOf(leftOut)} were left out, because they expired or must not come back:`)
        console.log(tableOf(leftOut))
      }
      console.log(resultOf(await recount(client, definition.TableName)))
    })

  addForTable(
    program.command('summary').description('the license counts that the overview shows'),
    'rebuild',
    'counts all licenses again, while the service runs. The old counts are shown until the new ones are complete. Run it ' +
      'once for a table that had licenses before counting began, or if you doubt the counts; repeat it if it was interrupted.',
  ).action(async (target) => {
    const { recount, resultOf } = await import('../summary/recount.ts')
    const name = await tableName(target)
    console.log(resultOf(await recount(await openTable(target), name)))
  })

  add(
    program.command('deploy').description('the deployed version'),
    'current',
    'prints the timestamp of the deployment that runs, for `npm run rollback -- --timestamp`, and its URL',
  ).action(async ({ stage, region }) => {
    const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation')
    const { readStack } = await import('../deploy/stack.ts')
    const { service } = await read(stage)
    const { deployment, url } = await readStack(
      new CloudFormationClient({ region }),
      `${service}-${stage}`,
    )
    console.log(`deployment=${deployment}`)
    console.log(`url=${url}`)
  })
}
