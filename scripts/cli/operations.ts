/** The commands that use the credentials of AWS instead of the API. */

import { type Command, Option } from 'commander'
import type { Service } from '../local/service.ts'
import { type GlobalOptions, parseSeconds } from './options.ts'

/** DynamoDB throttles many writes to a table that is new until it has scaled. */
const MAX_ATTEMPTS = 12
const STRIPE_TIMEOUT_MS = 20_000

interface Target {
  readonly stage: string
  readonly region: string
}

interface TableTarget extends Target {
  /** The name of the table, if it differs from the one in serverless.yml. */
  readonly table?: string
}

async function readService(stage: string): Promise<Service> {
  const service = await import('../local/service.ts')
  return service.readService(stage)
}

/** Returns a client and the definition of the table, with its name. */
async function openTable({ stage, region, table }: TableTarget) {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  const { Properties } = (await readService(stage)).resources.Resources.Table
  return {
    client: new DynamoDBClient({ region, maxAttempts: MAX_ATTEMPTS }),
    definition: { ...Properties, TableName: table ?? Properties.TableName },
  }
}

/** Adds a command for a stage. */
const addCommand = (parent: Command, name: string, summary: string, details = '') =>
  parent
    .command(name)
    .summary(summary)
    .description([`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, details].join(' '))
    .requiredOption('--stage <stage>', 'the stage')
    .option('--region <region>', 'the AWS region', process.env['AWS_REGION'] ?? 'us-east-1')

/** Adds a command for the table of a stage. */
const addTableCommand = (...command: Parameters<typeof addCommand>) =>
  addCommand(...command).option('--table <name>', 'the table (default: of serverless.yml)')

/**
 * Adds the commands that operate a deployment. Each imports its code when it runs: loading all clients of AWS would take
 * longer than most commands.
 */
export function addOperations(program: Command): void {
  addCommand(
    program,
    'setup',
    'completes a deployment',
    'Checks the secrets and SES, and registers the webhook at Stripe. Exits with 1 while something is left for you to do. ' +
      'Can be repeated. Pass --url if the service has another URL than the deployment says.',
  )
    .option('--mail-from <address>', 'the sender of emails (default: as deployed)')
    .option('--store-key', 'stores STRIPE_API_KEY as the key of the service')
    .addHelpText(
      'after',
      '\nSTRIPE_API_KEY in the environment is a Stripe key that can write webhook endpoints. Only --store-key stores it.',
    )
    .action(async ({ stage, region, mailFrom, storeKey = false }) => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation')
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
      const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
      const { SESv2Client } = await import('@aws-sdk/client-sesv2')
      const { createStripe } = await import('../../lib/stripe/api.ts')
      const { setup } = await import('../setup/setup.ts')
      // A URL in the environment is for the other commands and must not become the target of the webhook.
      const isUrlGiven = program.getOptionValueSource('url') === 'cli'
      const isDone = await setup(
        {
          stage,
          service: await readService(stage),
          cloudFormation: new CloudFormationClient({ region }),
          dynamoDb: new DynamoDBClient({ region }),
          secretsManager: new SecretsManagerClient({ region }),
          ses: new SESv2Client({ region }),
          createStripe: (key) =>
            createStripe(key, process.env['STRIPE_API_BASE'] || undefined, STRIPE_TIMEOUT_MS),
          stripeApiKey: process.env['STRIPE_API_KEY'] || undefined,
          storeKey,
          url: isUrlGiven ? program.opts<GlobalOptions>().url : undefined,
          mailFrom,
        },
        console.log,
      )
      if (!isDone) process.exitCode = 1
    })

  program
    .command('smoke')
    .summary('checks a deployed service from outside')
    .description(
      'Checks a deployed service from outside, without changing anything. Exits with 1 if a check fails.',
    )
    .option('--origin <origin>', 'an origin that CORS must allow')
    .addOption(
      new Option('--patience <seconds>', 'how long to wait for a service that is starting')
        .argParser(parseSeconds)
        .default(30),
    )
    .action(async ({ origin, patience }) => {
      const { smoke } = await import('../smoke/smoke.ts')
      const { url, token } = program.opts<GlobalOptions>()
      const isHealthy = await smoke(
        { url, token, origin, patienceMs: patience * 1000 },
        console.log,
      )
      console.log(isHealthy ? 'All checks passed.' : 'Some checks failed: see the lines with FAIL.')
      if (!isHealthy) process.exitCode = 1
    })

  addCommand(
    program,
    'rotate',
    'adds a key that signs tokens',
    'The key is published at once and signs in two days. The old key stays published until every lease that it signed has ' +
      'expired. Apps need no change.',
  )
    .option('--now', 'for leaked keys: the new key signs at once, and the old ones are withdrawn')
    .addOption(
      new Option(
        '--master',
        'instead replaces the master key, which derives new license keys; sold keys stay valid',
      ).conflicts('now'),
    )
    .option('--key-file <file>', 'with --master: a file with exactly the new master key')
    .action(async ({ stage, region, now = false, master = false, keyFile }) => {
      if (keyFile !== undefined && !master) throw new Error('--key-file requires --master')
      const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
      const { rotateMasterKey, rotateSigningKey } = await import('./rotate.ts')
      const { names } = (await readService(stage)).custom
      const client = new SecretsManagerClient({ region })
      if (master) await rotateMasterKey(client, names, keyFile)
      else await rotateSigningKey(client, names, now)
    })

  addTableCommand(
    program,
    'backup',
    'writes all records of a table to a file',
    'The file has the format of a DynamoDB export to S3. It contains personal data, but no keys: those need the secrets, ' +
      'which it does not contain.',
  )
    .requiredOption('--to <file>', 'a new file; compressed if its name ends with .gz')
    .action(async ({ to, ...target }) => {
      const { saveTable } = await import('../backup/save.ts')
      const { formatCounts, sum } = await import('../backup/counts.ts')
      const { client, definition } = await openTable(target)
      const counts = await saveTable(client, definition.TableName, to)
      console.log(`${sum(counts)} records of ${definition.TableName} are in ${to}.`)
      if (counts.size > 0) console.log(formatCounts(counts))
    })

  addTableCommand(
    program,
    'restore',
    'writes a backup to a new table',
    'Creates the table if it does not exist. Rejects a damaged backup before writing anything. Leaves out expired records, ' +
      'requests for lost keys and rate limits, and rebuilds the summary.',
  )
    .requiredOption('--from <path>', 'a file of `backup`, or the folder of a DynamoDB export to S3')
    .option('--resume', 'continues with a table that has records, which stay unchanged')
    .action(async ({ from, resume = false, ...target }) => {
      const { fillTable } = await import('../backup/fill.ts')
      const { formatCounts, sum } = await import('../backup/counts.ts')
      const { formatResult, recount } = await import('../summary/recount.ts')
      const { client, definition } = await openTable(target)
      const now = Date.now()
      const filled = await fillTable({ client, definition, from, isResumed: resume, now })
      const { written, kept, leftOut } = filled
      console.log(`${sum(written)} records were written to ${definition.TableName}.`)
      if (written.size > 0) console.log(formatCounts(written))
      if (kept.size > 0) console.log(`${sum(kept)} existed and stayed unchanged.`)
      if (leftOut.size > 0) {
        console.log(`${sum(leftOut)} were left out, because they expired or must not come back:`)
        console.log(formatCounts(leftOut))
      }
      console.log(formatResult(await recount(client, definition.TableName)))
    })

  addTableCommand(
    program.command('summary').description('manages the license counts of the overview'),
    'rebuild',
    'counts all licenses again',
    'The service can run meanwhile: it shows the old counts until the new ones are complete. Required once for a table that ' +
      'had licenses before counting began. Repeat it if it was interrupted.',
  ).action(async (target) => {
    const { formatResult, recount } = await import('../summary/recount.ts')
    const { client, definition } = await openTable(target)
    console.log(formatResult(await recount(client, definition.TableName)))
  })

  addCommand(
    program.command('deploy').description('shows what is deployed'),
    'current',
    'prints the timestamp of the running deployment, for `npm run rollback`, and its URL',
  ).action(async ({ stage, region }) => {
    const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation')
    const { isMissingStack, readStack } = await import('../deploy/stack.ts')
    const { service } = await readService(stage)
    const client = new CloudFormationClient({ region })
    const stack = await readStack(client, `${service}-${stage}`).catch((error) => {
      if (!isMissingStack(error)) throw error
    })
    console.log(`deployment=${stack?.deployment ?? ''}`)
    console.log(`url=${stack?.url ?? ''}`)
  })
}
