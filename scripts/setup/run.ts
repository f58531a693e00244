/** npm run setup: everything that is left to do after a deployment. */

import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SESv2Client } from '@aws-sdk/client-sesv2'
import { Command } from 'commander'
import { createStripe } from '../../lib/stripe/api.ts'
import { readService } from '../local/service.ts'
import { aUrl } from '../smoke/url.ts'
import { setup } from './setup.ts'

interface Options {
  readonly stage: string
  readonly region: string
  readonly url?: string
  readonly mailFrom?: string
  readonly storeKey?: true
}

const STRIPE_TIMEOUT_MS = 20_000

const command = new Command('setup')
  .description(
    'Does what is left to do after a deployment: looks at the secrets and at SES, and registers the webhook at Stripe. Run it as often as you like. The exit code is 1 while a person has something to do.',
  )
  .requiredOption('--stage <stage>', 'the deployment (required)')
  .option('--region <region>', 'where it is deployed', process.env['AWS_REGION'] ?? 'us-east-1')
  .option('--url <url>', 'where the service is (default: as the deployment says)', aUrl)
  .option('--mail-from <address>', 'whose address mails are to come from (default: as deployed)')
  .option('--store-key', 'the service is to have the key in STRIPE_API_KEY for its own')
  .addHelpText(
    'after',
    '\nSTRIPE_API_KEY in the environment: a key of Stripe that may write webhook endpoints. It is not stored, unless you say so.',
  )
  .parse()

const { stage, region, url, mailFrom, storeKey = false } = command.opts<Options>()
try {
  const isDone = await setup(
    {
      stage,
      service: await readService(stage),
      cloudFormation: new CloudFormationClient({ region }),
      dynamoDb: new DynamoDBClient({ region }),
      secretsManager: new SecretsManagerClient({ region }),
      ses: new SESv2Client({ region }),
      createStripe: (apiKey) =>
        createStripe(apiKey, process.env['STRIPE_API_BASE'] || undefined, STRIPE_TIMEOUT_MS),
      stripeApiKey: process.env['STRIPE_API_KEY'] || undefined,
      storeKey,
      url,
      mailFrom,
    },
    console.log,
  )
  process.exitCode = isDone ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
