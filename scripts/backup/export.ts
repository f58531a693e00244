/** npm run backup:export: writes the table of a stage to a file. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Command } from 'commander'
import { readService } from '../local/service.ts'
import { sumOf, tableOf } from './counts.ts'
import { saveTable } from './save.ts'

interface Options {
  readonly stage: string
  readonly to: string
  readonly table?: string
  readonly region: string
}

const command = new Command('backup:export')
  .description(
    "Writes all records of a stage to a file, a line each, in the format of DynamoDB's own export to S3. It holds names and addresses of customers, and no key: keep it where nobody else can read it. The secrets are not in it, and without them it is worth nothing.",
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .requiredOption('--to <file>', 'a new file; packed when its name ends with .gz (required)')
  .option('--table <name>', 'the table, if it is not the one that serverless.yml names')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .parse()

const { stage, to, table, region } = command.opts<Options>()
try {
  const name = table ?? (await readService(stage)).resources.Resources.Table.Properties.TableName
  const counts = await saveTable(new DynamoDBClient({ region }), name, to)
  console.log(`${sumOf(counts)} records of ${name} are in ${to}.`)
  if (counts.size > 0) console.log(tableOf(counts))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
