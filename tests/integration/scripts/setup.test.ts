import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from '@jest/globals'
import { readSecret } from '../../../lib/lambda/secrets.ts'
import { createDynamoStore } from '../../../lib/store/dynamodb.ts'
import { createTable, localClient } from '../../../scripts/local/dynamodb.ts'
import { issued } from '../../support/licenses.ts'
import { runCli } from '../../support/script.ts'
import { nameOf, STRIPE_SECRET, URL_OF_STAGE, useStage } from '../../support/setup.ts'
import { aStoreTable, aTable, dynamoDbUrl } from '../../support/table.ts'

const stage = useStage()

/** The service of the stage, with a table in which a license is. */
async function withALicense() {
  const table = await aTable()
  await issued(createDynamoStore(aStoreTable(table)))
  return { ...stage.service, custom: { names: { ...stage.service.custom.names, table } } }
}

describe('setup', () => {
  it('does all that is left to do, and then has nothing more to do', async () => {
    expect(await stage.run()).toEqual({
      isDone: true,
      lines: [
        `ok    table ${stage.table}`,
        'ok    secret license-authority/prod/master-keys',
        'ok    secret license-authority/prod/pepper',
        'ok    secret license-authority/prod/signing-keys',
        'ok    secret license-authority/prod/admin-token',
        'ok    secret license-authority/prod/stripe',
        'ok    no mail is sent; if any is to be: npm run deploy with --param="mailFrom=licenses@example.com"',
        "ok    Stripe's account acct_1, in live mode",
        'done  endpoint we_1: Stripe sends events to https://licenses.example.com/webhooks/stripe from now on; running functions know its secret within ten minutes, and Stripe repeats what comes before',
        '\nNothing is left to do.',
        'Does it work? npm run smoke -- --url https://licenses.example.com',
      ],
    })
    expect(stage.writes()).toEqual([STRIPE_SECRET, 'made we_1'])

    const again = await stage.run()
    expect(again.isDone).toBe(true)
    expect(again.lines.filter((line) => line.startsWith('done'))).toEqual([])
    expect(again.lines).toContain(
      'ok    endpoint we_1: Stripe sends 28 types of events to https://licenses.example.com/webhooks/stripe',
    )
    expect(stage.writes()).toHaveLength(2)
  })

  it('wants a deployment first, and then does nothing', async () => {
    const { names } = stage.service.custom
    const service = { ...stage.service, custom: { names: { ...names, table: 'none' } } }
    expect(await stage.run({ service })).toEqual({
      isDone: false,
      lines: ['todo  Deploy first: npm run deploy -- --stage prod'],
    })
    expect(stage.writes()).toEqual([])
  })

  it('says at the end what is left to do, in order', async () => {
    stage.aws.sending.ProductionAccessEnabled = false
    stage.aws.identities.set('example.com', true)
    const { isDone, lines } = await stage.run({
      mailFrom: 'a@example.com',
      stripeApiKey: undefined,
    })
    expect(isDone).toBe(false)
    expect(lines.slice(-5)).toEqual([
      '\nLeft to do:',
      '1. Let mails come from a@example.com: npm run deploy with --param="mailFrom=a@example.com"',
      expect.stringMatching(/^2\. Ask AWS to let SES send to everybody/),
      expect.stringMatching(/^3\. Let Stripe tell the service/),
      'Does it work? npm run smoke -- --url https://licenses.example.com',
    ])
  })

  it('goes on with what it can do where it may not see the stack', async () => {
    stage.aws.stack = undefined
    const { isDone, lines } = await stage.run({ url: `${URL_OF_STAGE}/` })
    expect(isDone).toBe(false)
    expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([
      'todo  The stack license-authority-prod could not be checked (Stack with id license-authority-prod does not exist): mend that and run this once more',
      expect.stringMatching(/^done {2}endpoint we_1: /),
      '\nLeft to do:',
      expect.stringMatching(/^1\. The stack/),
      'Does it work? npm run smoke -- --url https://licenses.example.com',
    ])
    expect(lines.join()).not.toContain('mail')
    expect((await stage.run({ stripeApiKey: 'sk_test_0' })).lines.join()).toContain('live mode')
    expect(await stage.todos()).toContainEqual('todo  Say where the service is, with --url')
  })
})

describe('setup of secrets', () => {
  it.each(['master-keys', 'pepper', 'signing-keys', 'admin-token', 'stripe'])(
    'makes %s anew, with chance and as it is deployed, while nothing was sold',
    async (name) => {
      const secret = nameOf(name)
      const made = []
      for (const _ of ['first', 'second']) {
        stage.secretsManager.secrets.delete(secret)
        const { lines } = await stage.run({ stripeApiKey: undefined })
        expect(lines).toContain(`done  secret ${secret} was gone and is made anew`)
        expect(lines.filter((line) => /^todo.*secret/i.test(line))).toEqual([])
        made.push(stage.secretsManager.secrets.get(secret) ?? '')
      }
      const forms = {
        'master-keys':
          /^\{"1":"[A-Za-z0-9]{64}","current":"1"\}$|^\{"current":"1","1":"[A-Za-z0-9]{64}"\}$/,
        'admin-token': /^[A-Za-z0-9]{48}$/,
        stripe: /^\{"webhookSecrets":\[\]\}$/,
      }
      const form = forms[name as keyof typeof forms] ?? /^[A-Za-z0-9]{64}$/
      expect(made).toEqual([expect.stringMatching(form), expect.stringMatching(form)])
      if (name !== 'stripe') expect(made[0]).not.toBe(made[1])
      expect((await stage.run({ stripeApiKey: undefined })).lines).toContain(
        `ok    secret ${secret}`,
      )
    },
  )

  it.each(['master-keys', 'pepper'])('never makes %s anew once keys were sold', async (name) => {
    const service = await withALicense()
    stage.secretsManager.secrets.delete(nameOf(name))
    expect(await stage.todos({ service })).toEqual([
      `todo  The secret ${nameOf(name)} is gone and keys were sold with it, so it is not made anew. Restore it: docs/operations.md`,
    ])
    expect(stage.secretsManager.secrets.has(nameOf(name))).toBe(false)
  })

  it('makes what can be replaced anew also when keys were sold', async () => {
    const service = await withALicense()
    stage.secretsManager.secrets.delete(nameOf('admin-token'))
    const { lines } = await stage.run({ service })
    expect(lines).toContain(`done  secret ${nameOf('admin-token')} was gone and is made anew`)
  })

  it('makes none anew whose deletion can be taken back', async () => {
    stage.secretsManager.deleted.add(nameOf('pepper')).add(STRIPE_SECRET)
    expect(await stage.todos()).toEqual([
      `todo  Take back the deletion of a secret: aws secretsmanager restore-secret --secret-id ${nameOf('pepper')}`,
      `todo  Take back the deletion of a secret: aws secretsmanager restore-secret --secret-id ${STRIPE_SECRET}`,
    ])
    expect(stage.writes()).toEqual([])
  })

  it.each([
    ['master-keys', '{"current":"2","1":"SecretOldKey"}'],
    ['pepper', '{"pepper":"SecretPepper2"}'],
    ['signing-keys', 'Secret signing key'],
    ['admin-token', ''],
    ['stripe', 'whsec_secret_bare'],
  ])(
    'wants %s mended when no function could read it, and shows nothing of it',
    async (name, text) => {
      stage.secretsManager.secrets.set(nameOf(name), text)
      const todos = await stage.todos({ stripeApiKey: undefined })
      expect(todos).toContainEqual(
        expect.stringMatching(
          `^todo  Mend the secret ${nameOf(name)}, which no function can read: `,
        ),
      )
      expect(stage.writes()).toEqual([])
    },
  )

  it.each([
    ['is content with', '{"1":"SecretOlderKey"}', 'ok    secret NAME'],
    [
      'wants mended, when no function could read them,',
      'SecretOlderKey',
      'todo  Mend the secret NAME, which no function can read: {"<version>":"<key>"}',
    ],
  ])('%s older master keys', async (_, text, line) => {
    stage.secretsManager.secrets.set(nameOf('older-master-keys'), text)
    expect((await stage.run()).lines).toContain(line.replace('NAME', nameOf('older-master-keys')))
    expect(stage.secretsManager.secrets.get(nameOf('older-master-keys'))).toBe(text)
  })

  it('wants the deletion of older master keys taken back, and makes none where there are none', async () => {
    expect((await stage.run()).lines.join()).not.toContain('older-master-keys')
    stage.secretsManager.secrets.set(nameOf('older-master-keys'), '{"1":"SecretOlderKey"}')
    stage.secretsManager.deleted.add(nameOf('older-master-keys'))
    expect(await stage.todos()).toEqual([
      `todo  Take back the deletion of a secret: aws secretsmanager restore-secret --secret-id ${nameOf('older-master-keys')}`,
    ])
  })

  it('says that Secrets Manager does not answer', async () => {
    stage.secretsManager.broken = true
    expect(await stage.todos()).toEqual(
      ['master-keys', 'pepper', 'signing-keys', 'admin-token', 'stripe', 'older-master-keys'].map(
        (name) => `todo  Let the secret ${nameOf(name)} be read (InternalServiceError)`,
      ),
    )
  })

  it('leaves room in the secret of Stripe for what only setup reads', () => {
    const text = '{"webhookSecrets":["whsec_a"],"apiKey":"rk_a","webhookEndpoint":"we_1"}'
    const { webhookSecrets, apiKey } = readSecret('stripe', text)
    expect(webhookSecrets.map((key) => `${key.export()}`)).toEqual(['whsec_a'])
    expect(`${apiKey?.export()}`).toBe('rk_a')
  })
})

describe('setup of mail', () => {
  const FROM = 'Licenses <licenses@mail.example.com>'
  const mailLines = async (mailFrom?: string) =>
    (await stage.run({ mailFrom, stripeApiKey: undefined })).lines.filter((line) =>
      /^\w+ .*(SES|mail)/.test(line),
    )
  const deployed = () => {
    if (stage.aws.stack) stage.aws.stack.variables['SendEmail'] = { MAIL_FROM: FROM }
  }

  it.each(['licenses@mail.example.com', 'mail.example.com', 'example.com'])(
    'is content when %s is verified and the account is open',
    async (identity) => {
      deployed()
      stage.aws.identities.set(identity, true)
      expect(await mailLines()).toEqual([
        `ok    SES may send mails from licenses@mail.example.com: ${identity} is verified`,
        'ok    SES may send to everybody',
      ])
    },
  )

  it('says how to verify a domain that SES does not know', async () => {
    deployed()
    stage.aws.identities.set('com', true).set('other.example.com', true)
    expect((await mailLines())[0]).toBe(
      'todo  Verify mail.example.com in SES and put what it answers into the DNS: aws sesv2 create-email-identity --email-identity mail.example.com',
    )
  })

  it('says how to finish a verification', async () => {
    deployed()
    stage.aws.identities.set('mail.example.com', false)
    expect((await mailLines())[0]).toBe(
      'todo  Finish the verification of mail.example.com in SES: aws sesv2 get-email-identity --email-identity mail.example.com',
    )
  })

  it.each([
    [{ ProductionAccessEnabled: false }, /^todo {2}Ask AWS to let SES send to everybody/],
    [{ SendingEnabled: false }, /^todo {2}Ask AWS why SES sends nothing .* \(SHUTDOWN\)$/],
  ])('is not content with an account of %j', async (state, line) => {
    deployed()
    Object.assign(stage.aws.sending, state)
    stage.aws.identities.set('example.com', true)
    expect((await mailLines())[1]).toMatch(line)
  })

  it('wants another address deployed before it counts', async () => {
    deployed()
    stage.aws.identities.set('example.com', true)
    expect(await mailLines('keys@example.com')).toEqual([
      'todo  Let mails come from keys@example.com: npm run deploy with --param="mailFrom=keys@example.com"',
      'ok    SES may send mails from keys@example.com: example.com is verified',
      'ok    SES may send to everybody',
    ])
    expect((await mailLines(FROM))[0]).toMatch(/^ok/)
  })

  it('changes nothing at AWS', async () => {
    deployed()
    await stage.run()
    expect(stage.aws.writes).toEqual([])
  })
})

describe('license-authority setup', () => {
  const setupCommand = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runCli(['setup', ...args], {
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.secretsManager.url,
      AWS_ENDPOINT_URL_SESV2: stage.aws.url,
      AWS_ENDPOINT_URL_CLOUDFORMATION: stage.aws.url,
      STRIPE_API_BASE: stage.stripe.url,
      ...env,
    })

  it('does it for a stage, and tells by its exit code whether a person has to do something', async () => {
    const name = `t${Date.now()}`
    const TableName = `license-authority-${name}`
    const client = localClient(dynamoDbUrl())
    expect(await setupCommand(['--stage', name])).toMatchObject({
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
    stage.stripe.keys.add('rk_test_right_0123')
    const key = { STRIPE_API_KEY: 'rk_test_right_0123' }
    try {
      const done = await setupCommand(['--stage', name, '--store-key'], key)
      expect(done.stderr).toBe('')
      expect(done.stdout).toContain('Nothing is left to do.')
      expect(done.code).toBe(0)
      expect(done.stdout).not.toContain('right_0123')
      expect(
        JSON.parse(stage.secretsManager.secrets.get(`license-authority/${name}/stripe`) ?? ''),
      ).toEqual({
        webhookSecrets: ['whsec_shown_1'],
        webhookEndpoint: 'we_1',
        apiKey: 'rk_test_right_0123',
      })
      const left = await setupCommand(['--stage', name, '--mail-from', 'a@example.com'], key)
      expect(left.code).toBe(1)
      expect(left.stdout).toContain('1. Let mails come from a@example.com')
    } finally {
      await client.send(new DeleteTableCommand({ TableName }))
    }
  })

  it('says in a line what is wrong', async () => {
    expect(await setupCommand([])).toMatchObject({
      code: 2,
      stderr: "error: required option '--stage <stage>' not specified\n(see --help)\n",
    })
    const alone = await setupCommand(['--stage', 'prod'], {
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
      AWS_MAX_ATTEMPTS: '1',
    })
    expect([alone.code, alone.stdout, alone.stderr.trim().split('\n')]).toEqual([
      1,
      '',
      [expect.any(String)],
    ])
  })
})
