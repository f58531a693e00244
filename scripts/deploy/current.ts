/** npm run deploy:current: prints which deployment of a stage runs and where, as GitHub Actions takes outputs. */

import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { Command } from 'commander'
import { readService } from '../local/service.ts'
import { readStack } from './stack.ts'

interface Options {
  readonly stage: string
  readonly region: string
}

const { stage, region } = new Command('deploy:current')
  .description(
    'Prints which deployment of a stage runs, for serverless rollback --timestamp, and its address.',
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .parse()
  .opts<Options>()

try {
  const { service } = await readService(stage)
  const client = new CloudFormationClient({ region })
  const { deployment, url } = await readStack(client, `${service}-${stage}`)
  console.log(`deployment=${deployment}`)
  console.log(`url=${url}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
