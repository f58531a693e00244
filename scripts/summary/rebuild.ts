/** npm run summary:rebuild: counts anew how the licenses of a stage stand. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Command } from 'commander'
import { readService } from '../local/service.ts'
import { recount, resultOf } from './recount.ts'

interface Options {
  readonly stage: string
  readonly table?: string
  readonly region: string
}

const MAX_ATTEMPTS = 12

const command = new Command('summary:rebuild')
  .description(
    'Counts anew how all licenses stand, which is what the overview shows: once for a table that licenses were in before anything was counted, and whenever you doubt the numbers. It may be used at any time and as often as you like; the old numbers are shown until the new ones are whole. If it is stopped, say it again.',
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .option('--table <name>', 'the table, if it is not the one that serverless.yml names')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .parse()

const { stage, table, region } = command.opts<Options>()
try {
  const name = table ?? (await readService(stage)).resources.Resources.Table.Properties.TableName
  const client = new DynamoDBClient({ region, maxAttempts: MAX_ATTEMPTS })
  console.log(resultOf(await recount(client, name)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
