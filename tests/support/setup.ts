import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SESv2Client } from '@aws-sdk/client-sesv2'
import { afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import { createStripe } from '../../lib/stripe/api.ts'
import { localClient } from '../../scripts/local/dynamodb.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../scripts/local/secretsManager.ts'
import { readService, type Service } from '../../scripts/local/service.ts'
import { type SetupOptions, setup } from '../../scripts/setup/setup.ts'
import { type AwsAccount, anAwsAccount } from './awsAccount.ts'
import { aStripeAccount, type StripeAccount } from './stripeAccount.ts'
import { aTable, dynamoDbUrl } from './table.ts'

export const URL_OF_STAGE = 'https://licenses.example.com'
export const LIVE_KEY = 'sk_live_right_0123'
export const nameOf = (secret: string) => `license-authority/prod/${secret}`
export const STRIPE_SECRET = nameOf('stripe')

/** The secrets of a stage after its first deployment. */
const DEPLOYED = {
  [nameOf('master-keys')]: '{"current":"1","1":"SecretMasterKey"}',
  [nameOf('pepper')]: 'SecretPepper',
  [nameOf('signing-keys')]: 'SecretSigningKey',
  [nameOf('admin-token')]: 'SecretAdminToken',
  [STRIPE_SECRET]: '{"webhookSecrets":[]}',
}

const LOCAL = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
}

/** Creates a stage after its first deployment, with accounts at AWS and Stripe, for each test. */
export function useStage() {
  let service: Service
  let table: string
  let secretsManager: LocalSecretsManager
  let aws: AwsAccount
  let stripe: StripeAccount
  let printed: string[]
  beforeAll(async () => {
    const [read, name] = await Promise.all([readService('prod'), aTable()])
    table = name
    service = { ...read, custom: { names: { ...read.custom.names, table } } }
  })
  beforeEach(async () => {
    printed = []
    secretsManager = await startSecretsManager(DEPLOYED)
    aws = await anAwsAccount()
    aws.stack = {
      variables: { SendEmail: { MAIL_FROM: '' }, StripeWebhook: { STRIPE_LIVEMODE: 'true' } },
      outputs: { HttpApiUrl: URL_OF_STAGE, HttpApiId: 'abc' },
    }
    stripe = await aStripeAccount()
    stripe.keys.add(LIVE_KEY)
  })
  afterEach(async () => {
    await Promise.all([secretsManager.stop(), aws.stop(), stripe.stop()])
    const output = printed.join('\n')
    const texts = [...secretsManager.secrets.values()].flatMap(listSecrets)
    for (const secret of [...texts, ...stripe.shown, ...stripe.keys]) {
      expect(output).not.toContain(secret)
    }
  })

  /** Runs setup. Every test also fails if it prints a secret. */
  async function run(changes: Partial<SetupOptions> = {}) {
    const lines: string[] = []
    const isDone = await setup(
      {
        stage: 'prod',
        service,
        cloudFormation: new CloudFormationClient({ endpoint: aws.url, ...LOCAL }),
        dynamoDb: localClient(dynamoDbUrl()),
        secretsManager: new SecretsManagerClient({ endpoint: secretsManager.url, ...LOCAL }),
        ses: new SESv2Client({ endpoint: aws.url, ...LOCAL }),
        createStripe: (key) => createStripe(key, stripe.url, 5000),
        stripeApiKey: LIVE_KEY,
        storeKey: false,
        url: undefined,
        mailFrom: undefined,
        ...changes,
      },
      (line) => lines.push(line),
    )
    printed.push(...lines)
    return { isDone, lines }
  }

  return {
    run,
    /** Lists all changes at AWS and Stripe. */
    writes: () => [...secretsManager.writes, ...stripe.writes, ...aws.writes],
    get service() {
      return service
    },
    get table() {
      return table
    },
    get secretsManager() {
      return secretsManager
    },
    get aws() {
      return aws
    },
    get stripe() {
      return stripe
    },
    /** The content of the Stripe secret. */
    get stripeSecret() {
      return JSON.parse(secretsManager.secrets.get(STRIPE_SECRET) ?? '')
    },
    /** Runs setup and returns its todo lines. */
    todos: async (changes?: Partial<SetupOptions>) =>
      (await run(changes)).lines.filter((line) => line.startsWith('todo')),
  }
}

/** Extracts the secret parts of a text: neither its field names nor the id of an endpoint. */
const listSecrets = (text: string) =>
  (text.match(/[\w ]{7,}/g) ?? []).filter((part) => !/^(?:webhook|we_|current$)/.test(part))
