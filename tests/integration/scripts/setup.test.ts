import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from '@jest/globals'
import { parseSecret } from '../../../lib/lambda/secrets.ts'
import { createDynamoStore } from '../../../lib/store/dynamodb.ts'
import { createTable, localClient } from '../../../scripts/local/dynamodb.ts'
import { issued } from '../../support/licenses.ts'
import { runCli } from '../../support/script.ts'
import { nameOf, STRIPE_SECRET, URL_OF_STAGE, useStage } from '../../support/setup.ts'
import { aStoreTable, aTable, dynamoDbUrl } from '../../support/table.ts'

const stage = useStage()

const serviceWithTable = (table: string) => ({
  ...stage.service,
  custom: { names: { ...stage.service.custom.names, table } },
})

async function serviceWithLicense() {
  const table = await aTable()
  await issued(createDynamoStore(aStoreTable(table)))
  return serviceWithTable(table)
}

describe('setup', () => {
  it('completes a deployment, and changes nothing when it is repeated', async () => {
    expect(await stage.run()).toEqual({
      isDone: true,
      lines: [
        `ok    table ${stage.table}`,
        'ok    secret license-authority/prod/master-keys',
        'ok    secret license-authority/prod/pepper',
        'ok    secret license-authority/prod/signing-keys',
        'ok    secret license-authority/prod/admin-token',
        'ok    secret license-authority/prod/stripe',
        'ok    no emails are sent; to enable them: npm run deploy with --param="mailFrom=licenses@example.com"',
        'ok    Stripe account acct_1, live mode',
        'done  endpoint we_1: Stripe now sends events to https://licenses.example.com/webhooks/stripe; running functions read its secret within ten minutes, and Stripe repeats earlier events',
        '\nNothing is left to do.',
        'To check the service: npm run smoke -- --url https://licenses.example.com',
      ],
    })
    expect(stage.writes()).toEqual([STRIPE_SECRET, 'created we_1'])

    const { isDone, lines } = await stage.run()
    expect(isDone).toBe(true)
    expect(lines.filter((line) => line.startsWith('done'))).toEqual([])
    expect(lines).toContain(
      'ok    endpoint we_1: Stripe sends 28 types of events to https://licenses.example.com/webhooks/stripe',
    )
    expect(stage.writes()).toHaveLength(2)
  })

  it('does nothing before the first deployment', async () => {
    expect(await stage.run({ service: serviceWithTable('none') })).toEqual({
      isDone: false,
      lines: ['todo  Deploy first: npm run deploy -- --stage prod'],
    })
    expect(stage.writes()).toEqual([])
  })

  it('lists at the end what is left to do', async () => {
    stage.aws.sending.ProductionAccessEnabled = false
    stage.aws.identities.set('example.com', true)
    const { isDone, lines } = await stage.run({
      mailFrom: 'a@example.com',
      stripeApiKey: undefined,
    })
    expect(isDone).toBe(false)
    expect(lines.slice(-5)).toEqual([
      '\nLeft to do:',
      '1. Set the sender of emails to a@example.com: npm run deploy with --param="mailFrom=a@example.com"',
      expect.stringMatching(/^2\. Request production access/),
      expect.stringMatching(/^3\. Register the webhook at Stripe/),
      'To check the service: npm run smoke -- --url https://licenses.example.com',
    ])
  })

  it('continues without access to the stack', async () => {
    stage.aws.stack = undefined
    const { isDone, lines } = await stage.run({ url: `${URL_OF_STAGE}/` })
    expect(isDone).toBe(false)
    expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([
      'todo  The stack license-authority-prod could not be checked (Stack with id license-authority-prod does not exist): correct that and run setup again',
      expect.stringMatching(/^done {2}endpoint we_1: /),
      '\nLeft to do:',
      expect.stringMatching(/^1\. The stack/),
      'To check the service: npm run smoke -- --url https://licenses.example.com',
    ])
    expect(lines.join()).not.toContain('email')
    expect((await stage.run({ stripeApiKey: 'sk_test_0' })).lines.join()).toContain('live key')
    expect(await stage.todos()).toContainEqual('todo  Pass the URL of the service with --url')
  })
})

describe('setup of secrets', () => {
  it.each([
    ['master-keys', /^\{"1":"[A-Za-z0-9]{64}","current":"1"\}$/],
    ['pepper', /^[A-Za-z0-9]{64}$/],
    ['signing-keys', /^[A-Za-z0-9]{64}$/],
    ['admin-token', /^[A-Za-z0-9]{48}$/],
    ['stripe', /^\{"webhookSecrets":\[\]\}$/],
  ])('creates a missing %s at random while nothing was sold', async (name, format) => {
    const secret = nameOf(name)
    const created = []
    for (const _ of ['first', 'second']) {
      stage.secretsManager.secrets.delete(secret)
      const { lines } = await stage.run({ stripeApiKey: undefined })
      expect(lines).toContain(`done  secret ${secret} was missing and is created`)
      expect(lines.filter((line) => /^todo.*secret/i.test(line))).toEqual([])
      created.push(stage.secretsManager.secrets.get(secret) ?? '')
    }
    expect(created).toEqual([expect.stringMatching(format), expect.stringMatching(format)])
    if (name !== 'stripe') expect(created[0]).not.toBe(created[1])
  })

  it.each(['master-keys', 'pepper'])('never creates %s once keys were sold', async (name) => {
    const service = await serviceWithLicense()
    stage.secretsManager.secrets.delete(nameOf(name))
    stage.secretsManager.secrets.delete(nameOf('admin-token'))
    const { lines } = await stage.run({ service })
    expect(lines.filter((line) => line.startsWith('todo'))).toEqual([
      `todo  The secret ${nameOf(name)} is missing and keys were sold with it, so it is not created. Restore it: docs/operations.md`,
    ])
    expect(stage.secretsManager.secrets.has(nameOf(name))).toBe(false)
    expect(lines).toContain(`done  secret ${nameOf('admin-token')} was missing and is created`)
  })

  it('creates no secret whose deletion can be undone', async () => {
    stage.secretsManager.secrets.set(nameOf('older-master-keys'), '{"1":"SecretOlderKey"}')
    const names = [nameOf('pepper'), STRIPE_SECRET, nameOf('older-master-keys')]
    for (const name of names) stage.secretsManager.deleted.add(name)
    expect(await stage.todos()).toEqual(
      names.map(
        (name) =>
          `todo  Undo the deletion of a secret: aws secretsmanager restore-secret --secret-id ${name}`,
      ),
    )
    expect(stage.writes()).toEqual([])
  })

  it.each([
    ['master-keys', '{"current":"2","1":"SecretOldKey"}'],
    ['pepper', '{"pepper":"SecretPepper2"}'],
    ['signing-keys', 'Secret signing key'],
    ['admin-token', ''],
    ['stripe', 'whsec_secret_bare'],
    ['older-master-keys', 'SecretOlderKey'],
  ])('reports %s that no function can read and does not change it', async (name, text) => {
    stage.secretsManager.secrets.set(nameOf(name), text)
    const todos = await stage.todos({ stripeApiKey: undefined })
    expect(todos).toContainEqual(
      expect.stringMatching(
        `^todo  Correct the secret ${nameOf(name)}, which no function can read: .`,
      ),
    )
    expect(stage.writes()).toEqual([])
  })

  it('accepts older master keys, which need not exist', async () => {
    expect((await stage.run()).lines.join()).not.toContain('older-master-keys')
    stage.secretsManager.secrets.set(nameOf('older-master-keys'), '{"1":"SecretOlderKey"}')
    expect((await stage.run()).lines).toContain(`ok    secret ${nameOf('older-master-keys')}`)
  })

  it('reports that Secrets Manager fails', async () => {
    stage.secretsManager.broken = true
    expect(await stage.todos()).toEqual(
      ['master-keys', 'pepper', 'signing-keys', 'admin-token', 'stripe', 'older-master-keys'].map(
        (name) => `todo  Allow reading the secret ${nameOf(name)} (InternalServiceError)`,
      ),
    )
  })

  it('may add a field to the Stripe secret that functions ignore', () => {
    const text = '{"webhookSecrets":["whsec_a"],"apiKey":"rk_a","webhookEndpoint":"we_1"}'
    const { webhookSecrets, apiKey } = parseSecret('stripe', text)
    expect(webhookSecrets.map((key) => `${key.export()}`)).toEqual(['whsec_a'])
    expect(`${apiKey?.export()}`).toBe('rk_a')
  })
})

describe('setup of emails', () => {
  const FROM = 'Licenses <licenses@mail.example.com>'
  const OPEN = 'ok    SES can send to any address'

  /** Runs setup for a deployed sender and returns the lines about emails. */
  async function check(mailFrom?: string) {
    if (stage.aws.stack) stage.aws.stack.variables['SendEmail'] = { MAIL_FROM: FROM }
    const { lines } = await stage.run({ mailFrom, stripeApiKey: undefined })
    expect(stage.aws.writes).toEqual([])
    return lines.filter((line) => /^(ok|todo) .*(SES|email|production)/.test(line))
  }

  it.each(['licenses@mail.example.com', 'mail.example.com', 'example.com'])(
    'accepts a sender if %s is verified',
    async (identity) => {
      stage.aws.identities.set(identity, true)
      expect(await check()).toEqual([
        `ok    SES can send emails from licenses@mail.example.com: ${identity} is verified`,
        OPEN,
      ])
    },
  )

  it.each([
    [
      { com: true, 'other.example.com': true },
      'todo  Verify mail.example.com in SES and add the result to the DNS: aws sesv2 create-email-identity --email-identity mail.example.com',
    ],
    [
      { 'mail.example.com': false },
      'todo  Complete the verification of mail.example.com in SES: aws sesv2 get-email-identity --email-identity mail.example.com',
    ],
  ])('reports a sender that is not verified among %j', async (identities, line) => {
    for (const [name, state] of Object.entries(identities)) stage.aws.identities.set(name, state)
    expect((await check())[0]).toBe(line)
  })

  it.each([
    [{ ProductionAccessEnabled: false }, /^todo {2}Request production access/],
    [{ SendingEnabled: false }, /^todo {2}Ask AWS why SES does not send .* \(SHUTDOWN\)$/],
  ])('reports an account with %j', async (state, line) => {
    Object.assign(stage.aws.sending, state)
    stage.aws.identities.set('example.com', true)
    expect((await check())[1]).toMatch(line)
  })

  it('reports a sender that differs from the deployed one', async () => {
    stage.aws.identities.set('example.com', true)
    expect(await check('keys@example.com')).toEqual([
      'todo  Set the sender of emails to keys@example.com: npm run deploy with --param="mailFrom=keys@example.com"',
      'ok    SES can send emails from keys@example.com: example.com is verified',
      OPEN,
    ])
    expect((await check(FROM))[0]).toMatch(/^ok/)
  })
})

describe('license-authority', () => {
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runCli(args, {
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.secretsManager.url,
      AWS_ENDPOINT_URL_SESV2: stage.aws.url,
      AWS_ENDPOINT_URL_CLOUDFORMATION: stage.aws.url,
      STRIPE_API_BASE: stage.stripe.url,
      // Only --url may set the target of the webhook.
      LICENSE_AUTHORITY_URL: 'https://other.example.com',
      ...env,
    })

  it('setup exits with 1 while something is left to do, and with 0 when it is complete', async () => {
    const name = `t${Date.now()}`
    const TableName = `license-authority-${name}`
    const client = localClient(dynamoDbUrl())
    expect(await run(['setup', '--stage', name])).toMatchObject({
      code: 1,
      stdout: `todo  Deploy first: npm run deploy -- --stage ${name}\n`,
    })
    const { Properties } = stage.service.resources.Resources.Table
    const removable = { ...Properties, DeletionProtectionEnabled: false, TableName }
    await createTable(client, removable)
    for (const [of, text] of stage.secretsManager.secrets) {
      stage.secretsManager.secrets.set(of.replace('prod', name), text)
    }
    if (stage.aws.stack) stage.aws.stack.variables['StripeWebhook'] = {}
    const key = 'rk_test_right_0123'
    stage.stripe.keys.add(key)
    try {
      const done = await run(['setup', '--stage', name, '--store-key'], { STRIPE_API_KEY: key })
      expect([done.code, done.stderr]).toEqual([0, ''])
      expect(done.stdout).toContain('Nothing is left to do.')
      expect(done.stdout).not.toContain('right_0123')
      expect(stage.stripe.endpoints.map(({ url }) => url)).toEqual([
        `${URL_OF_STAGE}/webhooks/stripe`,
      ])
      expect(
        JSON.parse(stage.secretsManager.secrets.get(`license-authority/${name}/stripe`) ?? ''),
      ).toEqual({
        webhookSecrets: ['whsec_shown_1'],
        webhookEndpoint: 'we_1',
        apiKey: key,
      })
    } finally {
      await client.send(new DeleteTableCommand({ TableName }))
    }
  })

  it('setup prints one line for incorrect usage and for a failure', async () => {
    expect(await run(['setup'])).toMatchObject({
      code: 2,
      stderr: "error: required option '--stage <stage>' not specified\n(see --help)\n",
    })
    const unreachable = await run(['setup', '--stage', 'prod'], {
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
      AWS_MAX_ATTEMPTS: '1',
    })
    expect([unreachable.code, unreachable.stdout, unreachable.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^error: .+\n$/),
    ])
  })

  it('deploy current prints the deployment that runs, in the format of GitHub Actions', async () => {
    if (stage.aws.stack) {
      stage.aws.stack.code = 'serverless/license-authority/prod/1795603491912-2026-11-25/verify.zip'
    }
    const current = () => run(['deploy', 'current', '--stage', 'prod'])
    expect(await current()).toEqual({
      code: 0,
      stdout: `deployment=1795603491912\nurl=${URL_OF_STAGE}\n`,
      stderr: '',
    })
    stage.aws.stack = undefined
    expect(await current()).toMatchObject({ code: 0, stdout: 'deployment=\nurl=\n' })
  })
})
