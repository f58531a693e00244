import { execFile, spawn, spawnSync } from 'node:child_process'
import { glob, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { unzipSync } from 'fflate'
import { INDEXES, TTL_ATTRIBUTE } from '../../lib/store/item.ts'
import { createTable, localClient } from '../../scripts/local/dynamodb.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../scripts/local/secretsManager.ts'
import type { TableDefinition } from '../../scripts/local/service.ts'
import { hasPanel } from '../../scripts/panel/buildState.ts'
import { aPost, aRequest } from '../support/http.ts'
import { printed, type SharedSystem, sharedSystem } from '../support/shared.ts'
import { aSignature, aCheckout as aStripeCheckout } from '../support/stripe.ts'

const run = promisify(execFile)

/** A stage of its own: its table is created in the database that all tests share. */
const STAGE = 'packaged'
const TABLE = `license-authority-${STAGE}`
const SECRET = `license-authority/${STAGE}`
const ORIGINS = 'https://app.example.com,https://www.example.com'

/**
 * Variables and rights of each function. All also have CORS_ORIGINS and POWERTOOLS_SERVICE_NAME and the rights of
 * `commonRights`.
 */
const FUNCTIONS = `
health
preflight
generate
  TABLE_NAME MASTER_KEYS_SECRET OLDER_MASTER_KEYS_SECRET PEPPER_SECRET ADMIN_TOKEN_SECRET
  dynamodb:GetItem BatchGetItem ConditionCheckItem PutItem UpdateItem: Table.Arn
  secretsmanager:GetSecretValue: secret:master-keys secret:older-master-keys secret:pepper secret:admin-token
verify
  TABLE_NAME PEPPER_SECRET SIGNING_KEYS_SECRET
  dynamodb:GetItem BatchGetItem: Table.Arn
  dynamodb:UpdateItem: Table.Arn, StringLike LeadingKeys TRIES#*
  secretsmanager:GetSecretValue: secret:pepper secret:signing-keys
devices
  TABLE_NAME PEPPER_SECRET SIGNING_KEYS_SECRET
  dynamodb:GetItem BatchGetItem Query PutItem UpdateItem: Table.Arn
  secretsmanager:GetSecretValue: secret:pepper secret:signing-keys
wellKnown
  TABLE_NAME SIGNING_KEYS_SECRET
  dynamodb:Query: Table.Arn, StringEquals LeadingKeys REVOCATIONS
  secretsmanager:GetSecretValue: secret:signing-keys
licenseChanges
  TABLE_NAME
  dynamodb:UpdateItem: Table.Arn, StringLike LeadingKeys REVOCATIONS,SUMMARY*
  dynamodb:GetItem BatchGetItem: Table.Arn, StringLike LeadingKeys SUMMARY,COUNTED#*
  dynamodb:PutItem: Table.Arn, StringLike LeadingKeys COUNTED#*
  dynamodb:DescribeStream GetRecords GetShardIterator: Table.StreamArn
  dynamodb:ListStreams: *
sendEmail
  TABLE_NAME MASTER_KEYS_SECRET OLDER_MASTER_KEYS_SECRET PEPPER_SECRET MAIL_FROM MAIL_CONFIGURATION_SET
  dynamodb:GetItem BatchGetItem UpdateItem: Table.Arn
  dynamodb:Query: index/byEmail
  dynamodb:DescribeStream GetRecords GetShardIterator: Table.StreamArn
  dynamodb:ListStreams: *
  secretsmanager:GetSecretValue: secret:master-keys secret:older-master-keys secret:pepper
  ses:SendEmail: identity/* configuration-set/license-authority-packaged
  sqs:SendMessage: UnsentMail.Arn
recover
  TABLE_NAME
  dynamodb:UpdateItem: Table.Arn, StringLike LeadingKeys RECOVERY#*
remind
  TABLE_NAME
  dynamodb:Query: index/byEnd
  dynamodb:UpdateItem: Table.Arn
mailEvents
  TABLE_NAME
  dynamodb:UpdateItem: Table.Arn
admin
  STAGE ASK_CLOUDWATCH TABLE_NAME MASTER_KEYS_SECRET OLDER_MASTER_KEYS_SECRET PEPPER_SECRET ADMIN_TOKEN_SECRET STRIPE_LIVEMODE
  dynamodb:GetItem BatchGetItem ConditionCheckItem PutItem UpdateItem: Table.Arn
  dynamodb:Query: Table.Arn ${Object.values(INDEXES)
    .map(({ name }) => `index/${name}`)
    .join(' ')}
  cloudwatch:GetMetricData: *
  secretsmanager:GetSecretValue: secret:master-keys secret:older-master-keys secret:pepper secret:admin-token
panel
stripeWebhook
  TABLE_NAME MASTER_KEYS_SECRET PEPPER_SECRET STRIPE_SECRET STRIPE_LIVEMODE STRIPE_API_BASE
  dynamodb:GetItem BatchGetItem ConditionCheckItem PutItem UpdateItem: Table.Arn
  secretsmanager:GetSecretValue: secret:master-keys secret:pepper secret:stripe
`
const NAMES = FUNCTIONS.match(/^\w+$/gm) ?? []

const VARIABLES: Readonly<Record<string, unknown>> = {
  CORS_ORIGINS: ORIGINS,
  POWERTOOLS_SERVICE_NAME: TABLE,
  TABLE_NAME: TABLE,
  STAGE,
  ASK_CLOUDWATCH: 'true',
  MAIL_FROM: 'licenses@app.example.com',
  MAIL_CONFIGURATION_SET: { Ref: 'MailConfigurationSet' },
  STRIPE_LIVEMODE: 'false',
  STRIPE_API_BASE: '',
}

const ROUTES = `
GET /.well-known/jwks.json: wellKnown
GET /.well-known/revocations.jwt: wellKnown
GET /admin/{proxy+}: panel
GET /admin: panel
GET /api/admin/{proxy+}: admin
GET /health: health
OPTIONS /api/{proxy+}: preflight
POST /api/activate: devices
POST /api/admin/{proxy+}: admin
POST /api/deactivate: devices
POST /api/devices: devices
POST /api/generate: generate
POST /api/recover: recover
POST /api/verify: verify
POST /webhooks/stripe: stripeWebhook
`

const ALARMS = `
errors: AWS/ApiGateway 5xx
flood: AWS/ApiGateway 4xx
forged-keys: LicenseAuthority FailedTries, LicenseAuthority RefusedTries
parked-purchases: LicenseAuthority PurchaseParked
quiet: AWS/Lambda Invocations
slow: AWS/ApiGateway Latency
stream: AWS/Lambda Errors, AWS/Lambda Errors, AWS/Lambda Errors, AWS/Lambda Errors, LicenseAuthority StreamRecordFailed
throttles: AWS/Lambda Throttles, AWS/Lambda Throttles, AWS/Lambda Throttles
unsent-mail: AWS/SQS ApproximateNumberOfMessagesVisible
webhook-failures: LicenseAuthority WebhookFailed, AWS/Lambda Errors, LicenseAuthority WebhookUnsigned
`

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly DependsOn?: readonly string[]
  // Each type of resource has its own properties.
  // biome-ignore lint/suspicious/noExplicitAny: the tests state the expected properties.
  readonly Properties: Record<string, any>
}

let system: SharedSystem
/** Statuses of the running system during the packaging. */
let statuses: readonly number[]
let template: { Resources: Readonly<Record<string, Resource>>; Parameters: Record<string, unknown> }
let secretsManager: LocalSecretsManager

const artifact = (name: string) => path.join(system.directory, '.serverless', name)
const capitalize = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

const PARAMS = [
  `--param=corsOrigins=${ORIGINS}`,
  '--param=mailFrom=licenses@app.example.com',
  '--param=alarmEmail=ops@app.example.com',
]

/** Packages without credentials and without access to the network. */
const packageStage = () =>
  run('npm', ['run', 'package', '--', '--stage', STAGE, ...PARAMS], {
    cwd: system.directory,
    env: {
      PATH: process.env['PATH'],
      HOME: system.directory,
      HTTPS_PROXY: 'http://127.0.0.1:1',
      HTTP_PROXY: 'http://127.0.0.1:1',
    },
  })

function find(name: string): Resource {
  const resource = template.Resources[name]
  if (!resource) throw new Error(`The template has no ${name}`)
  return resource
}
const findFunction = (name: string) => find(`${capitalize(name)}LambdaFunction`).Properties
const list = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type)
const onlyIf = (condition: string, value: unknown) => ({
  'Fn::If': [condition, value, { Ref: 'AWS::NoValue' }],
})

/** Issues a license in the running system. Returns the status. */
async function issue(userId: string): Promise<number> {
  const { status } = await fetch(`${system.url}/api/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer dev_admin_token' },
    body: JSON.stringify({ userId, tier: 'pro' }),
  })
  return status
}

/** Sends requests to the running system until some work is done. Returns their statuses. */
async function statusesDuring(work: Promise<unknown>): Promise<readonly number[]> {
  const found: number[] = []
  for (let isDone = false; !isDone; ) {
    found.push(await issue(`user_${found.length}`))
    found.push((await fetch(`${system.url}/admin`)).status)
    isDone = await Promise.race([work.then(() => true), sleep(100, false)])
  }
  return found
}

beforeAll(async () => {
  system = await sharedSystem()
  statuses = await statusesDuring(packageStage())
  const file = artifact('cloudformation-template-update-stack.json')
  template = JSON.parse(await readFile(file, 'utf8'))
})

describe('npm run package', () => {
  it('does not disturb the system that runs from the same checkout', async () => {
    expect(statuses.length).toBeGreaterThan(2)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await issue('user_packaged')).toBe(200)
  })

  it('builds one small zip per function, the same one each time', async () => {
    const zips = (await readdir(artifact('.'))).filter((name) => name.endsWith('.zip'))
    expect(zips.sort()).toEqual(NAMES.map((name) => `${name}.zip`).sort())
    for (const name of NAMES) {
      const zip = await readFile(artifact(`${name}.zip`))
      // A constant time of modification: with the time of the build, each deployment would replace the function.
      expect(zip.readUInt32LE(10)).toBe(0x00_21_00_00)
      const files = Object.keys(unzipSync(zip))
      const others = files.filter((file) => file !== `functions/${name}.mjs`)
      expect(files).toHaveLength(others.length + 1)
      expect(others.every((file) => name === 'panel' && file.startsWith('admin/dist/'))).toBe(true)
      const isServed = name === 'panel' && hasPanel(system.directory)
      expect(others.includes('admin/dist/index.html')).toBe(isServed)
      // Node parses the file at each cold start. The AWS SDK or Stripe's whole client would be megabytes.
      if (name !== 'panel') expect(zip.length).toBeLessThan(300_000)
    }
  })
})

/** Formats a reference without the parts that name this account and stage. Other ARNs stay as they are. */
const formatTarget = (target: unknown) =>
  (typeof target === 'string' ? [target] : Object.values(target as object).flat())
    .join('.')
    .replace(/^\$\{Table\.Arn\}\/(?=index)/, '')
    .replace(/^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/, '')
    .replace(/^secret:license-authority\/packaged\/([\w-]+)-\?{6}$/, 'secret:$1')

function formatStatement({ Effect, Action, Resource, Condition }: Statement): string {
  const [condition] = Object.entries(Condition ?? {}).map(([operator, keys]) =>
    [operator.replace(/^ForAllValues:/, ''), ...Object.entries(keys).flat()].join(' '),
  )
  const actions = [Action]
    .flat()
    .join(' ')
    .replace(/(?<= )\w+:/g, '')
  const text = `${actions}: ${[Resource].flat().map(formatTarget).join(' ')}`
  const suffix = condition ? `, ${condition.replace(' dynamodb:', ' ')}` : ''
  return `${Effect === 'Allow' ? '' : `${Effect} `}${text}${suffix}`
}

/** Every function writes its own logs and traces. None may change the history of a license, or delete an item. */
const commonRights = (name: string, rights: readonly string[]) => [
  `logs:CreateLogStream PutLogEvents: log-group:/aws/lambda/${TABLE}-${name}:*`,
  'xray:PutTraceSegments PutTelemetryRecords: *',
  ...(rights.some((right) => /^dynamodb:.*\bUpdateItem/.test(right))
    ? [
        'Deny dynamodb:UpdateItem: Table.Arn, ForAnyValue:StringEquals Attributes actor,action,reason,requestId,before,after',
      ]
    : []),
]

/** Formats a function as in the table, without its common variables and rights. */
function formatFunction(name: string): string {
  const { Policies, AssumeRolePolicyDocument, ...others } = find(
    `${capitalize(name)}Role`,
  ).Properties
  // A managed policy would allow more than the table shows.
  expect(others).toEqual({})
  expect(AssumeRolePolicyDocument.Statement).toEqual([
    { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ])
  const rights: string[] = Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) =>
      policy.PolicyDocument.Statement.map(formatStatement),
  )
  const common = commonRights(name, rights)
  expect(rights).toEqual(expect.arrayContaining(common))
  const variables = Object.keys(findFunction(name)['Environment'].Variables)
  expect(variables.slice(0, 2)).toEqual(['CORS_ORIGINS', 'POWERTOOLS_SERVICE_NAME'])
  const own = [variables.slice(2).join(' '), ...rights.filter((right) => !common.includes(right))]
  return [name, ...own.filter(Boolean).map((line) => `  ${line}`)].join('\n')
}

describe('the functions of the template', () => {
  it('have the variables and rights of the table, and no others', () => {
    expect(`\n${NAMES.map(formatFunction).join('\n')}\n`).toBe(FUNCTIONS)
    expect(list('AWS::IAM::Role')).toHaveLength(NAMES.length)
    expect([...list('AWS::IAM::Policy'), ...list('AWS::IAM::ManagedPolicy')]).toEqual([])
  })

  it.each(NAMES)('run %s with its role, variables, traces and logs', (name) => {
    const { Environment, ...properties } = findFunction(name)
    expect(properties).toMatchObject({
      Handler: `functions/${name}.handler`,
      FunctionName: `${TABLE}-${name}`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Role: { 'Fn::GetAtt': [`${capitalize(name)}Role`, 'Arn'] },
      TracingConfig: { Mode: 'Active' },
    })
    for (const [variable, value] of Object.entries(Environment.Variables)) {
      const secret = variable
        .replace(/_SECRET$/, '')
        .toLowerCase()
        .replaceAll('_', '-')
      const isSecret = variable.endsWith('_SECRET')
      expect(value).toEqual(isSecret ? `${SECRET}/${secret}` : VARIABLES[variable])
    }
    expect(find(`${capitalize(name)}LogGroup`).Properties).toMatchObject({
      RetentionInDays: 90,
      KmsKeyId: onlyIf('HasLogsKey', { 'Fn::GetAtt': ['LogsKey', 'Arn'] }),
    })
  })

  it('are no others, and those that sell have reserved concurrency', () => {
    expect(list('AWS::Lambda::Function')).toHaveLength(NAMES.length)
    const reserved = NAMES.map((name) => [name, findFunction(name)['ReservedConcurrentExecutions']])
    expect(Object.fromEntries(reserved.filter(([, share]) => share !== undefined))).toEqual({
      generate: onlyIf('ReservesConcurrency', 10),
      verify: onlyIf('ReservesConcurrency', 100),
      stripeWebhook: onlyIf('ReservesConcurrency', 20),
    })
    expect(find('LogsKey').Properties['EnableKeyRotation']).toBe(true)
  })
})

describe('the triggers of the template', () => {
  it('are the routes of the table', () => {
    const routes = list('AWS::ApiGatewayV2::Route').map(({ Properties }) => {
      const integration = find(Properties['Target']['Fn::Join'][1][1].Ref).Properties
      expect(integration['PayloadFormatVersion']).toBe('2.0')
      const [name] = integration['IntegrationUri']['Fn::GetAtt']
      const handler = name.replace(/LambdaFunction$/, '')
      return `${Properties['RouteKey']}: ${handler.charAt(0).toLowerCase()}${handler.slice(1)}`
    })
    expect(`\n${routes.sort().join('\n')}\n`).toBe(ROUTES)
    // CORS of the gateway would cover the webhook, too.
    expect(find('HttpApi').Properties).not.toHaveProperty('CorsConfiguration')
  })

  it('each have a rate limit, set after the routes exist', () => {
    const { DependsOn, Properties } = find('HttpApiStage')
    const { RouteSettings, DefaultRouteSettings } = Properties
    const keys = ROUTES.match(/^.+(?=: \w+$)/gm)
    expect(Object.keys(RouteSettings).sort()).toEqual(keys?.sort())
    for (const limits of [DefaultRouteSettings, ...Object.values(RouteSettings)]) {
      expect(limits).toEqual({
        ThrottlingRateLimit: expect.any(Number),
        ThrottlingBurstLimit: expect.any(Number),
      })
    }
    const routes = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route',
    )
    expect([...(DependsOn ?? [])].sort()).toEqual(routes.map(([name]) => name).sort())
  })

  it('are filtered stream records with retries, a daily schedule, and SES events of this stage', () => {
    const mappings = list('AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
      const { EventSourceArn, FunctionName, FilterCriteria, BatchSize, ...others } = Properties
      expect(others).toMatchObject({
        Enabled: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        StartingPosition: 'TRIM_HORIZON',
      })
      const patterns = FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => Pattern)
      const names = [EventSourceArn, FunctionName].map(formatTarget)
      return [...names, BatchSize, others['MaximumRecordAgeInSeconds'], ...patterns]
    })
    const pattern = (eventName: string[], sk: unknown) =>
      JSON.stringify({ eventName, dynamodb: { Keys: { sk: { S: [sk] } } } })
    const changed = ['INSERT', 'MODIFY']
    expect(mappings).toEqual([
      [
        'Table.StreamArn',
        'LicenseChangesLambdaFunction.Arn',
        100,
        undefined,
        pattern(changed, 'LICENSE'),
      ],
      [
        'Table.StreamArn',
        'SendEmailLambdaFunction.Arn',
        10,
        86_400,
        pattern(['INSERT'], { prefix: 'OUTBOX#' }),
        pattern(changed, 'RECOVERY'),
      ],
    ])
    const rules = list('AWS::Events::Rule').map(({ Properties }) => Properties)
    expect(rules.map((rule) => rule['ScheduleExpression'] ?? rule['EventPattern'])).toEqual([
      'cron(0 9 * * ? *)',
      {
        source: ['aws.ses'],
        'detail-type': ['Email Delivered', 'Email Bounced', 'Email Complaint Received'],
        detail: { mail: { tags: { 'ses:configuration-set': [{ Ref: 'MailConfigurationSet' }] } } },
      },
    ])
  })
})

describe('the alarms of the template', () => {
  const alarms = () => list('AWS::CloudWatch::Alarm')

  /** Returns `namespace name` of each metric of an alarm. */
  const metricsOf = ({ Namespace, MetricName, Metrics = [] }: Resource['Properties']): string[] =>
    MetricName
      ? [`${Namespace} ${MetricName}`]
      : Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: Resource['Properties'] } }) =>
          MetricStat ? metricsOf(MetricStat.Metric) : [],
        )

  it('are those of the table, notify one address, and cost what is documented', async () => {
    const lines = alarms().map(({ Properties }) => {
      expect(Properties['AlarmActions']).toEqual([{ Ref: 'AlarmTopic' }])
      return `${Properties['AlarmName'].slice(TABLE.length + 1)}: ${metricsOf(Properties).join(', ')}`
    })
    expect(`\n${lines.sort().join('\n')}\n`).toBe(ALARMS)
    const address = { Protocol: 'email', Endpoint: { Ref: 'AlarmEmail' } }
    expect(find('AlarmSubscription').Properties).toMatchObject(address)
    expect(template.Parameters['AlarmEmail']).toMatchObject({ Default: 'ops@app.example.com' })
    const count = alarms().flatMap(({ Properties }) => metricsOf(Properties)).length - 1
    expect(await readFile('docs/deploying.md', 'utf8')).toContain(
      `The alarms use ${count} metrics, in \`prod\` one more`,
    )
  })

  it('are created only with an address, as other resources with their parameters', () => {
    const optional = Object.entries(template.Resources).filter(([, { Condition }]) => Condition)
    const byCondition = Map.groupBy(optional, ([, { Condition }]) => Condition)
    const others = alarms().flatMap(({ Condition }) => (Condition === 'HasAlarms' ? [] : Condition))
    expect(others).toEqual(['HasProdAlarms'])
    expect(byCondition.get('HasAlarms')?.map(([name]) => name)).toEqual(
      expect.arrayContaining(['AlarmTopic', 'AlarmSubscription', 'Spending']),
    )
    expect(byCondition.get('HasDomain')?.map(([name]) => name)).toEqual([
      'ApiDomain',
      'ApiDomainMapping',
    ])
    expect(byCondition.get('HasLogsKey')?.map(([name]) => name)).toEqual(['LogsKey'])
  })

  it('use only metrics of this stage that a function writes, and so does the dashboard', async () => {
    const dashboard: string = find('Dashboard').Properties['DashboardBody']['Fn::Sub']
    const { widgets } = JSON.parse(dashboard)
    expect(widgets.length).toBeGreaterThanOrEqual(12)
    const used = [
      ...alarms().flatMap(({ Properties }) => metricsOf(Properties)),
      ...[
        ...dashboard.matchAll(
          /"LicenseAuthority", "(\w+)"|\{LicenseAuthority,.*?MetricName=\\"(\w+)/g,
        ),
      ].map(([, plain, searched]) => `LicenseAuthority ${plain ?? searched}`),
    ].filter((metric) => metric.startsWith('LicenseAuthority '))
    expect(new Set(used).size).toBeGreaterThan(10)
    const files = await Array.fromAsync(glob('{lib,functions}/**/*.ts', { cwd: system.directory }))
    const sources = await Promise.all(
      files.map((file) => readFile(path.join(system.directory, file), 'utf8')),
    )
    for (const metric of used) {
      const name = metric.replace('LicenseAuthority ', '')
      expect(sources.filter((source) => source.includes(`'${name}'`))).not.toEqual([])
    }
    for (const text of [...alarms().map((alarm) => JSON.stringify(alarm)), dashboard]) {
      const ours = text.match(
        /"Namespace":"LicenseAuthority"|"LicenseAuthority",|\{LicenseAuthority,/g,
      )
      const stages = text.match(
        /"Name":"service","Value":"license-authority-packaged"|"service", "license-authority-packaged"|service=\\"license-authority-packaged/g,
      )
      expect(stages?.length).toBe(ours?.length)
    }
  })
})

describe('the data of the template', () => {
  it('is a table that is backed up, encrypted, streamed, and protected from deletion', () => {
    expect(find('Table')).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
      },
    })
  })

  it('is secrets that no update replaces', () => {
    const secrets = list('AWS::SecretsManager::Secret')
    expect(secrets.map(({ Properties }) => Properties['Name']).sort()).toEqual(
      ['admin-token', 'master-keys', 'pepper', 'signing-keys', 'stripe'].map(
        (name) => `${SECRET}/${name}`,
      ),
    )
    for (const secret of secrets) {
      expect(secret).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      })
    }
  })
})

/** Returns `it`, or `it.skip` with a note if a tool is not installed. */
function itWith(tool: string, command: readonly [string, ...string[]]) {
  const [file, ...args] = command
  if (spawnSync(file, args).status === 0) return it
  process.stderr.write(
    `${tool} is not installed, so it does not check the template: pip install "${tool}"\n`,
  )
  return it.skip
}

describe('the template', () => {
  itWith('cfn-lint', ['cfn-lint', '--version']).each(['create', 'update'])(
    'passes cfn-lint to %s the stack',
    async (kind) => {
      const file = artifact(`cloudformation-template-${kind}-stack.json`)
      const { code = 0, stdout } = await run('cfn-lint', [file]).catch((error) => error)
      expect([code, stdout]).toEqual([0, ''])
    },
  )

  itWith('moto[all]', ['python3', '-c', 'import boto3, moto'])('deploys to moto', async () => {
    const script = path.join(import.meta.dirname, '../support/deploy.py')
    const { stdout } = await run('python3', [script, artifact('')])
    const functions = NAMES.map((name) => [
      `${TABLE}-${name}`,
      ['nodejs24.x', `${capitalize(name)}Role`],
    ])
    expect(JSON.parse(stdout)).toEqual({
      status: 'UPDATE_COMPLETE',
      tables: [TABLE],
      functions: Object.fromEntries(functions),
    })
  })
})

describe('the packaged functions', () => {
  const admin = { authorization: 'Bearer packaged_admin_token' }

  beforeAll(async () => {
    secretsManager = await startSecretsManager({
      [`${SECRET}/master-keys`]: '{"current":"1","1":"packaged_master_key"}',
      [`${SECRET}/pepper`]: 'packaged_pepper',
      [`${SECRET}/admin-token`]: 'packaged_admin_token',
      [`${SECRET}/signing-keys`]: 'packaged_signing_key',
      [`${SECRET}/stripe`]: '{"webhookSecrets":["whsec_packaged"]}',
    })
    await createTable(
      localClient(system.dynamoDbUrl),
      find('Table').Properties as unknown as TableDefinition,
    )
    for (const name of NAMES) {
      const files = unzipSync(await readFile(artifact(`${name}.zip`)))
      for (const [file, content] of Object.entries(files)) {
        const target = path.join(artifact(`unzipped/${name}`), file)
        await mkdir(path.dirname(target), { recursive: true })
        await writeFile(target, content)
      }
    }
  })
  afterAll(() => secretsManager.stop())

  /** Runs a function from its zip in a new process, with only its own variables, as Lambda does. */
  async function invoke(name: string, event: object) {
    const bundle = artifact(`unzipped/${name}/functions/${name}.mjs`)
    const script = `
      const { handler } = await import(${JSON.stringify(bundle)})
      const answer = await handler(${JSON.stringify(event)}, { awsRequestId: 'request_1' })
      process.stdout.write('\\n' + JSON.stringify(answer))`
    const child = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: artifact(`unzipped/${name}`),
      env: {
        ...findFunction(name)['Environment'].Variables,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_DYNAMODB: system.dynamoDbUrl,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end(script)
    const answer = JSON.parse((await text(child.stdout)).split('\n').at(-1) ?? '')
    const body = answer.isBase64Encoded ? null : JSON.parse(answer.body ?? 'null')
    return { status: answer.statusCode, body, answer }
  }

  it('respond, issue, verify and sell', async () => {
    expect(await invoke('health', { rawPath: '/health' })).toMatchObject({
      status: 200,
      body: { status: 'healthy' },
    })

    const page = await invoke('panel', aRequest('GET', '/admin'))
    expect(page.status).toBe(hasPanel(system.directory) ? 200 : 404)
    expect(page.answer.headers).toHaveProperty('content-security-policy')

    const preflight = aPost('', { headers: { origin: 'https://app.example.com' } })
    expect((await invoke('preflight', preflight)).answer.headers).toMatchObject({
      'Access-Control-Allow-Origin': 'https://app.example.com',
    })

    const order = { userId: 'user_1', tier: 'pro' }
    const route = '/api/generate'
    expect((await invoke('generate', aPost(order, { route }))).status).toBe(401)
    const issued = await invoke('generate', aPost(order, { route, headers: admin }))
    expect(issued).toMatchObject({ status: 200, body: { success: true, userId: 'user_1' } })
    expect(await invoke('verify', aPost({ license: issued.body.license }))).toMatchObject({
      status: 200,
      body: { valid: true, userId: 'user_1', tier: 'pro' },
    })
    expect((await invoke('verify', aPost({ license: 'no key' }))).status).toBe(401)
    const device = { license: issued.body.license, deviceId: 'device_1' }
    const activate = aPost(device, { route: '/api/activate' })
    expect((await invoke('devices', activate)).body).toMatchObject({ token: expect.any(String) })
    const keys = aRequest('GET', '/.well-known/jwks.json')
    expect((await invoke('wellKnown', keys)).body).toMatchObject({ keys: [{ crv: 'Ed25519' }] })
    for (const name of ['licenseChanges', 'sendEmail']) {
      expect((await invoke(name, { Records: [] })).answer).toEqual({ batchItemFailures: [] })
    }
    expect((await invoke('remind', {})).answer).toMatchObject({ reminded: expect.any(Number) })
    const lost = aPost({ email: 'lost@example.com' }, { route: '/api/recover' })
    expect((await invoke('recover', lost)).status).toBe(200)
    const delivery = { 'detail-type': 'Email Delivered', detail: { mail: {} } }
    expect((await invoke('mailEvents', delivery)).answer).toEqual({ state: 'delivered' })

    const event = JSON.stringify(aStripeCheckout({ id: 'cs_packaged' }))
    const signed = aSignature(event, { secret: 'whsec_packaged', at: Date.now() })
    const sale = { route: '/webhooks/stripe', headers: { 'stripe-signature': signed } }
    expect(await invoke('stripeWebhook', aPost(event, sale))).toMatchObject({
      status: 200,
      body: { received: true },
    })
  })
})

// Last, because a failed build removes the artifacts of the previous one.
describe('an invalid catalog', () => {
  it.each([
    ['a tier without a seat', 'seats: 1', 'seats: 0', 'tiers.free.seats: '],
    ['an invalid prefix', "'QF'", "'qf'", 'prefix: '],
  ])('stops the build with the path of the error: %s', async (_, valid, invalid, fault) => {
    const catalog = path.join(system.directory, 'lib/catalog/catalog.ts')
    const source = await readFile(catalog, 'utf8')
    expect(source).toContain(valid)
    await writeFile(catalog, source.replace(valid, invalid))
    try {
      const failed = await packageStage().catch((error) => error)
      expect(failed.code).toBe(1)
      await printed(system, `lib/catalog/catalog.ts: ${fault}`)
      expect(await issue('user_catalog')).toBe(200)
      expect(`${failed.stdout}${failed.stderr}`).toMatch(
        new RegExp(`lib/catalog/catalog\\.ts: .*${fault}`),
      )
    } finally {
      await writeFile(catalog, source)
    }
  })
})
