/** npm run restore: puts a backup into a fresh table. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Command } from 'commander'
import { readService } from '../local/service.ts'
import { recount, resultOf } from '../summary/recount.ts'
import { sumOf, tableOf } from './counts.ts'
import { fillTable } from './fill.ts'

interface Options {
  readonly from: string
  readonly stage: string
  readonly table?: string
  readonly region: string
  readonly resume?: true
}

/** A new table takes some time until it is as fast as it is asked to be. */
const MAX_ATTEMPTS = 12

const command = new Command('restore')
  .description(
    'Puts the records of a backup into a fresh table, which is made if it is not there. A spoilt backup is refused before anything is written. Records that have run out, requests for lost keys and counted failures are left out; how licenses stand is counted anew.',
  )
  .requiredOption(
    '--from <path>',
    "a file of backup:export, or the folder of DynamoDB's own export to S3 (required)",
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .option('--table <name>', 'the table, if it is not the one that serverless.yml names')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .option('--resume', 'goes on with a table that holds records already; those stay as they are')
  .parse()

const { from, stage, table, region, resume = false } = command.opts<Options>()
try {
  const { Properties } = (await readService(stage)).resources.Resources.Table
  const definition = { ...Properties, TableName: table ?? Properties.TableName }
  const client = new DynamoDBClient({ region, maxAttempts: MAX_ATTEMPTS })
  const { written, kept, leftOut } = await fillTable({
    client,
    definition,
    from,
    isResumed: resume,
    now: Date.now(),
  })
  console.log(`${sumOf(written)} records were written to ${definition.TableName}.`)
  if (written.size > 0) console.log(tableOf(written))
  if (kept.size > 0) console.log(`${sumOf(kept)} were there already and stayed as they are.`)
  if (leftOut.size > 0) {
    console.log(`${sumOf(leftOut)} were left out, because they have run out or must not come back:`)
    console.log(tableOf(leftOut))
  }
  console.log(resultOf(await recount(client, definition.TableName)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
