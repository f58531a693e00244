import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SESv2Client } from '@aws-sdk/client-sesv2'
import type Stripe from 'stripe'
import type { Service } from '../local/service.ts'
import { type Deployment, readDeployment } from './deployment.ts'
import { checkMail } from './mail.ts'
import { createReport, type Report } from './report.ts'
import { checkSecrets } from './secrets.ts'
import { checkStripe } from './stripe.ts'
import { hasTable, holdsLicenses } from './table.ts'

export interface Setup {
  readonly stage: string
  /** What serverless.yml says of the stage. */
  readonly service: Service
  readonly cloudFormation: CloudFormationClient
  readonly dynamoDb: DynamoDBClient
  readonly secretsManager: SecretsManagerClient
  readonly ses: SESv2Client
  readonly createStripe: (apiKey: string) => Stripe
  /** A key of Stripe of whoever runs this. It is stored only if `storeKey` says so. */
  readonly stripeApiKey: string | undefined
  readonly storeKey: boolean
  /** Where the service is, if not where the stack says. */
  readonly url: string | undefined
  /** Whose address mails are to come from, if not the one that was deployed. */
  readonly mailFrom: string | undefined
}

/**
 * Does what is left to do after a deployment, and says of each step what it found. Done once more it changes nothing.
 * Nothing that it prints is secret. Answers whether a person has nothing left to do.
 *
 * @param print takes a line
 */
export async function setup(stage: Setup, print: (line: string) => void): Promise<boolean> {
  const { service, dynamoDb } = stage
  const { table } = service.custom.names
  const report = createReport(print)
  if (!(await hasTable(dynamoDb, table))) {
    report.todo(`Deploy first: npm run deploy -- --stage ${stage.stage}`)
    return false
  }
  report.ok(`table ${table}`)
  const url = await checkAll(stage, report)
  if (report.left.length > 0) {
    print('\nLeft to do:')
    for (const [index, what] of report.left.entries()) print(`${index + 1}. ${what}`)
  } else print('\nNothing is left to do.')
  print(`Does it work? npm run smoke -- --url ${url ?? '<its URL>'}`)
  return report.left.length === 0
}

/** Each step by itself: what stops one does not stop the next. Answers where the service is. */
async function checkAll(stage: Setup, report: Report): Promise<string | undefined> {
  const { service, dynamoDb, secretsManager } = stage
  const { table, stripe: secretId } = service.custom.names
  async function attempt<T>(what: string, step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step()
    } catch (error) {
      const [line] = `${error instanceof Error ? error.message : error}`.split('\n')
      report.todo(`${what} could not be checked (${line}): mend that and run this once more`)
      return
    }
  }

  const good = await attempt('The secrets', () =>
    checkSecrets({
      client: secretsManager,
      service,
      report,
      holdsLicenses: () => holdsLicenses(dynamoDb, table),
    }),
  )
  const stack = `${service.service}-${stage.stage}`
  const deployed = await attempt(`The stack ${stack}`, () =>
    readDeployment(stage.cloudFormation, stack),
  )
  const url = (stage.url ?? deployed?.url)?.replace(/\/+$/, '')
  const { mailFrom } = stage
  if (deployed || mailFrom !== undefined) {
    const mail = { client: stage.ses, report, wanted: mailFrom }
    // Whoever cannot see what was deployed is not told to deploy anything else.
    await attempt('SES', () =>
      checkMail({ ...mail, deployed: (deployed ?? { mailFrom }).mailFrom }),
    )
  }
  if (good?.has('stripe')) {
    await attempt('Stripe', () =>
      checkStripe({
        ...stage,
        secretId,
        report,
        url,
        livemode: livemodeOf(deployed, service),
        apiKey: stage.stripeApiKey,
      }),
    )
  }
  return url
}

const livemodeOf = (deployed: Deployment | undefined, { functions }: Service) =>
  deployed?.stripeLivemode ??
  functions['stripeWebhook']?.environment?.['STRIPE_LIVEMODE'] === 'true'
