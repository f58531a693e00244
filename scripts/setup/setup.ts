import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SESv2Client } from '@aws-sdk/client-sesv2'
import type Stripe from 'stripe'
import { readStack } from '../deploy/stack.ts'
import type { Service } from '../local/service.ts'
import { checkEmail } from './email.ts'
import { createReport, type Report } from './report.ts'
import { checkSecrets } from './secrets.ts'
import { checkStripe } from './stripe.ts'
import { hasTable } from './table.ts'

export interface SetupOptions {
  readonly stage: string
  /** The content of serverless.yml for the stage. */
  readonly service: Service
  readonly cloudFormation: CloudFormationClient
  readonly dynamoDb: DynamoDBClient
  readonly secretsManager: SecretsManagerClient
  readonly ses: SESv2Client
  readonly createStripe: (apiKey: string) => Stripe
  /** A Stripe key of the operator, which can write webhook endpoints. */
  readonly stripeApiKey: string | undefined
  /** Stores the Stripe key as the key of the service. */
  readonly storeKey: boolean
  /** The URL of the service, if it differs from the one of the stack. */
  readonly url: string | undefined
  /** The sender of emails, if it differs from the deployed one. */
  readonly mailFrom: string | undefined
}

/**
 * Completes a deployment and prints the result of each step, without any secret. Repeating it changes nothing.
 *
 * @param print receives one line
 * @returns true if nothing is left to do
 */
export async function setup(
  options: SetupOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const { table } = options.service.custom.names
  const report = createReport(print)
  if (!(await hasTable(options.dynamoDb, table))) {
    report.todo(`Deploy first: npm run deploy -- --stage ${options.stage}`)
    return false
  }
  report.ok(`table ${table}`)
  const url = await checkAll(options, report)
  const { todos } = report
  print(todos.length > 0 ? '\nLeft to do:' : '\nNothing is left to do.')
  for (const [index, text] of todos.entries()) print(`${index + 1}. ${text}`)
  print(`To check the service: npm run smoke -- --url ${url ?? '<its URL>'}`)
  return todos.length === 0
}

/** Runs the steps, each also after another one failed. Returns the URL of the service. */
async function checkAll(options: SetupOptions, report: Report): Promise<string | undefined> {
  const { service, stage, mailFrom } = options
  async function attempt<T>(subject: string, step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step()
    } catch (error) {
      const [line] = `${error instanceof Error ? error.message : error}`.split('\n')
      report.todo(`${subject} could not be checked (${line}): correct that and run setup again`)
      return
    }
  }

  const usable = await attempt('The secrets', () => checkSecrets(options, report))
  const name = `${service.service}-${stage}`
  const stack = await attempt(`The stack ${name}`, () => readStack(options.cloudFormation, name))
  const url = (options.url ?? stack?.url)?.replace(/\/+$/, '')
  if (stack || mailFrom !== undefined) {
    // If the deployed sender is unknown, the expected one is not reported as missing.
    const deployed = stack ? stack.mailFrom : mailFrom
    await attempt('SES', () => checkEmail(options.ses, { expected: mailFrom, deployed }, report))
  }
  if (usable?.has('stripe')) {
    const variables = service.functions['stripeWebhook']?.environment
    const isLive = stack?.stripeLivemode ?? variables?.['STRIPE_LIVEMODE'] === 'true'
    await attempt('Stripe', () => checkStripe({ ...options, url, isLive }, report))
  }
  return url
}
