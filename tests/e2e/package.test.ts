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

/** A stage of its own: the table of its template is made in the database that all tests share. */
const STAGE = 'packaged'
const ORIGINS = 'https://app.example.com,https://www.example.com'

const TABLE = `license-authority-${STAGE}`
const SECRET = `license-authority/${STAGE}`

const LOGS = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${TABLE}`
const logs = (name: string) => [
  `logs:CreateLogStream ${LOGS}-${name}:*`,
  `logs:PutLogEvents ${LOGS}-${name}:*`,
  'xray:PutTraceSegments *',
  'xray:PutTelemetryRecords *',
]

/** Reading the value of a secret, whichever characters of chance AWS put behind its name. */
const secret = (name: string) =>
  `secretsmanager:GetSecretValue arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${SECRET}/${name}-??????`

const STREAM = [
  'dynamodb:DescribeStream Table.StreamArn',
  'dynamodb:GetRecords Table.StreamArn',
  'dynamodb:GetShardIterator Table.StreamArn',
  'dynamodb:ListStreams *',
]
const SES = `arn:\${AWS::Partition}:ses:\${AWS::Region}:\${AWS::AccountId}`

/** What every function is told. */
const ALWAYS = { CORS_ORIGINS: ORIGINS, POWERTOOLS_SERVICE_NAME: TABLE }

/** All that a function is told, and all that it may do. A wider right is a decision, made here too. */
const FUNCTIONS = {
  health: { variables: ALWAYS, may: logs('health') },
  preflight: { variables: ALWAYS, may: logs('preflight') },
  generate: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      MASTER_KEYS_SECRET: `${SECRET}/master-keys`,
      OLDER_MASTER_KEYS_SECRET: `${SECRET}/older-master-keys`,
      PEPPER_SECRET: `${SECRET}/pepper`,
      ADMIN_TOKEN_SECRET: `${SECRET}/admin-token`,
    },
    may: [
      ...logs('generate'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:ConditionCheckItem Table',
      'dynamodb:PutItem Table',
      'dynamodb:UpdateItem Table',
      secret('master-keys'),
      secret('older-master-keys'),
      secret('pepper'),
      secret('admin-token'),
    ],
  },
  verify: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      PEPPER_SECRET: `${SECRET}/pepper`,
      SIGNING_KEYS_SECRET: `${SECRET}/signing-keys`,
    },
    may: [
      ...logs('verify'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:UpdateItem Table of TRIES#*',
      secret('pepper'),
      secret('signing-keys'),
    ],
  },
  devices: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      PEPPER_SECRET: `${SECRET}/pepper`,
      SIGNING_KEYS_SECRET: `${SECRET}/signing-keys`,
    },
    may: [
      ...logs('devices'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:Query Table',
      'dynamodb:PutItem Table',
      'dynamodb:UpdateItem Table',
      secret('pepper'),
      secret('signing-keys'),
    ],
  },
  wellKnown: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      SIGNING_KEYS_SECRET: `${SECRET}/signing-keys`,
    },
    may: [...logs('wellKnown'), 'dynamodb:Query Table of REVOCATIONS', secret('signing-keys')],
  },
  licenseChanges: {
    variables: { ...ALWAYS, TABLE_NAME: TABLE },
    may: [
      ...logs('licenseChanges'),
      'dynamodb:UpdateItem Table of REVOCATIONS,SUMMARY*',
      'dynamodb:GetItem Table of SUMMARY,COUNTED#*',
      'dynamodb:BatchGetItem Table of SUMMARY,COUNTED#*',
      'dynamodb:PutItem Table of COUNTED#*',
      ...STREAM,
    ],
  },
  sendEmail: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      MASTER_KEYS_SECRET: `${SECRET}/master-keys`,
      OLDER_MASTER_KEYS_SECRET: `${SECRET}/older-master-keys`,
      PEPPER_SECRET: `${SECRET}/pepper`,
      MAIL_FROM: 'licenses@app.example.com',
      MAIL_CONFIGURATION_SET: { Ref: 'MailConfigurationSet' },
    },
    may: [
      ...logs('sendEmail'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:UpdateItem Table',
      `dynamodb:Query \${Table.Arn}/index/byEmail`,
      ...STREAM,
      secret('master-keys'),
      secret('older-master-keys'),
      secret('pepper'),
      `ses:SendEmail ${SES}:identity/*`,
      `ses:SendEmail ${SES}:configuration-set/${TABLE}`,
      'sqs:SendMessage UnsentMail',
    ],
  },
  recover: {
    variables: { ...ALWAYS, TABLE_NAME: TABLE },
    may: [...logs('recover'), 'dynamodb:UpdateItem Table of RECOVERY#*'],
  },
  remind: {
    variables: { ...ALWAYS, TABLE_NAME: TABLE },
    may: [
      ...logs('remind'),
      `dynamodb:Query \${Table.Arn}/index/byEnd`,
      'dynamodb:UpdateItem Table',
    ],
  },
  mailEvents: {
    variables: { ...ALWAYS, TABLE_NAME: TABLE },
    may: [...logs('mailEvents'), 'dynamodb:UpdateItem Table'],
  },
  admin: {
    variables: {
      ...ALWAYS,
      STAGE,
      ASK_CLOUDWATCH: 'true',
      TABLE_NAME: TABLE,
      MASTER_KEYS_SECRET: `${SECRET}/master-keys`,
      OLDER_MASTER_KEYS_SECRET: `${SECRET}/older-master-keys`,
      PEPPER_SECRET: `${SECRET}/pepper`,
      ADMIN_TOKEN_SECRET: `${SECRET}/admin-token`,
      STRIPE_LIVEMODE: 'false',
    },
    may: [
      ...logs('admin'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:Query Table',
      ...Object.values(INDEXES).map(({ name }) => `dynamodb:Query \${Table.Arn}/index/${name}`),
      'dynamodb:ConditionCheckItem Table',
      'dynamodb:PutItem Table',
      'dynamodb:UpdateItem Table',
      'cloudwatch:GetMetricData *',
      secret('master-keys'),
      secret('older-master-keys'),
      secret('pepper'),
      secret('admin-token'),
    ],
  },
  panel: { variables: ALWAYS, may: logs('panel') },
  stripeWebhook: {
    variables: {
      ...ALWAYS,
      TABLE_NAME: TABLE,
      MASTER_KEYS_SECRET: `${SECRET}/master-keys`,
      PEPPER_SECRET: `${SECRET}/pepper`,
      STRIPE_SECRET: `${SECRET}/stripe`,
      STRIPE_LIVEMODE: 'false',
      STRIPE_API_BASE: '',
    },
    may: [
      ...logs('stripeWebhook'),
      'dynamodb:GetItem Table',
      'dynamodb:BatchGetItem Table',
      'dynamodb:ConditionCheckItem Table',
      'dynamodb:PutItem Table',
      'dynamodb:UpdateItem Table',
      secret('master-keys'),
      secret('pepper'),
      secret('stripe'),
    ],
  },
}
type FunctionName = keyof typeof FUNCTIONS
const NAMES = Object.keys(FUNCTIONS) as FunctionName[]

const ROUTES = {
  'GET /health': 'Health',
  'OPTIONS /api/{proxy+}': 'Preflight',
  'POST /api/generate': 'Generate',
  'POST /api/verify': 'Verify',
  'POST /api/activate': 'Devices',
  'POST /api/deactivate': 'Devices',
  'POST /api/devices': 'Devices',
  'POST /api/recover': 'Recover',
  'GET /.well-known/jwks.json': 'WellKnown',
  'GET /.well-known/revocations.jwt': 'WellKnown',
  'GET /api/admin/{proxy+}': 'Admin',
  'POST /api/admin/{proxy+}': 'Admin',
  'GET /admin': 'Panel',
  'GET /admin/{proxy+}': 'Panel',
  'POST /webhooks/stripe': 'StripeWebhook',
}

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: Reference | '*' | readonly Reference[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}
type Reference = Readonly<Record<string, string | readonly string[]>>

interface Resource {
  readonly Type: string
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly Condition?: string
  readonly DependsOn?: readonly string[]
  // Each type of resource has properties of its own.
  // biome-ignore lint/suspicious/noExplicitAny: the tests below say what they expect of them.
  readonly Properties: Record<string, any>
}

let system: SharedSystem
/** The statuses that the system answered with while it was packaged. */
let answeredMeanwhile: readonly number[]
let template: { Resources: Readonly<Record<string, Resource>>; Parameters: Record<string, unknown> }
let resources: Readonly<Record<string, Resource>>
let secretsManager: LocalSecretsManager

const artifact = (name: string) => path.join(system.directory, '.serverless', name)
const logical = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

/** A user's shell without credentials, on a machine that reaches nothing. */
const environment = () => ({
  PATH: process.env['PATH'],
  HOME: system.directory,
  HTTPS_PROXY: 'http://127.0.0.1:1',
  HTTP_PROXY: 'http://127.0.0.1:1',
})

const packaged = () =>
  run(
    'npm',
    [
      'run',
      'package',
      '--',
      '--stage',
      STAGE,
      `--param=corsOrigins=${ORIGINS}`,
      '--param=mailFrom=licenses@app.example.com',
      '--param=alarmEmail=ops@app.example.com',
    ],
    {
      cwd: system.directory,
      env: environment(),
    },
  )

const named = (name: string): Resource => {
  const resource = resources[name]
  if (!resource) throw new Error(`The template has no ${name}`)
  return resource
}

/** What CloudFormation says of something that is there on a condition. */
const onlyIf = (condition: string, value: unknown) => ({
  'Fn::If': [condition, value, { Ref: 'AWS::NoValue' }],
})

const all = (type: string) => Object.values(resources).filter(({ Type }) => Type === type)

/** Issues a license by the running system. Returns the status. */
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
  const statuses: number[] = []
  for (let isDone = false; !isDone; ) {
    statuses.push(await issue(`user_${statuses.length}`))
    statuses.push((await fetch(`${system.url}/admin`)).status)
    isDone = await Promise.race([work.then(() => true), sleep(100, false)])
  }
  return statuses
}

beforeAll(async () => {
  system = await sharedSystem()
  answeredMeanwhile = await statusesDuring(packaged())
  const file = artifact('cloudformation-template-update-stack.json')
  template = JSON.parse(await readFile(file, 'utf8'))
  resources = template.Resources
})

describe('npm run package', () => {
  it('breaks nothing of the system that runs from the same checkout', async () => {
    expect(answeredMeanwhile.length).toBeGreaterThan(2)
    expect(new Set(answeredMeanwhile)).toEqual(new Set([200]))
    expect(await issue('user_packaged')).toBe(200)
  })

  it('builds one zip for each function, with one small file in it', async () => {
    const zips = (await readdir(artifact('.'))).filter((name) => name.endsWith('.zip'))
    expect(zips.sort()).toEqual(NAMES.map((name) => `${name}.zip`).sort())
    for (const name of NAMES) {
      const zip = await readFile(artifact(`${name}.zip`))
      // The first moment that the format knows: a zip with the time of its build would be deployed each time.
      expect(zip.readUInt32LE(10)).toBe(0x00_21_00_00)
      const files = Object.keys(unzipSync(zip))
      const others = files.filter((file) => file !== `functions/${name}.mjs`)
      expect(files).toHaveLength(others.length + 1)
      expect(others.every((file) => file.startsWith('admin/dist/'))).toBe(true)
      const isServed = name === 'panel' && hasPanel(system.directory)
      expect(others.includes('admin/dist/index.html')).toBe(isServed)
      if (name === 'panel') continue
      expect(others).toEqual([])
      // Node reads all of it at each cold start; the AWS SDK and Stripe's whole client would be megabytes.
      expect(zip.length).toBeLessThan(300_000)
    }
  })
})

describe('the functions in the template', () => {
  it('are those and no others, each as itself', () => {
    expect(all('AWS::Lambda::Function')).toHaveLength(NAMES.length)
    for (const name of NAMES) {
      expect(named(`${logical(name)}LambdaFunction`).Properties).toMatchObject({
        Handler: `functions/${name}.handler`,
        FunctionName: `${TABLE}-${name}`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Role: { 'Fn::GetAtt': [`${logical(name)}Role`, 'Arn'] },
      })
    }
  })

  it.each(NAMES)('%s is told what it needs and nothing else', (name) => {
    const { Environment } = named(`${logical(name)}LambdaFunction`).Properties
    expect(Environment.Variables).toEqual(FUNCTIONS[name].variables)
  })

  /** What a right is about, with the partition that it is narrowed to. */
  const target = ({ Resource, Condition }: Statement) =>
    [Resource].flat().map((reference) => {
      if (typeof reference === 'string') return reference
      const [[kind, value] = []] = Object.entries(reference)
      const name =
        kind === 'Fn::GetAtt'
          ? [value]
              .flat()
              .join('.')
              .replace(/\.Arn$/, '')
          : value
      const [leading] = Object.values(Condition ?? {})
      const keys = leading?.['dynamodb:LeadingKeys']
      return `${name}${keys ? ` of ${keys}` : ''}`
    })

  it.each(NAMES)('%s may do what it must and nothing else', (name) => {
    const { Policies, AssumeRolePolicyDocument, ...others } = named(
      `${logical(name)}Role`,
    ).Properties
    // No policy of AWS's own, which would allow more than is read here.
    expect(others).toEqual({})
    expect(AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
    ])
    const statements: Statement[] = Policies.flatMap(
      (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
    )
    const denied = statements.filter(({ Effect }) => Effect === 'Deny')
    // Nobody may delete, and who may update may not touch what a license's history says.
    expect(denied.map(({ Action, Condition }) => [Action, Condition])).toEqual(
      FUNCTIONS[name].may.some((right) => right.startsWith('dynamodb:UpdateItem'))
        ? [
            [
              'dynamodb:UpdateItem',
              {
                'ForAnyValue:StringEquals': {
                  'dynamodb:Attributes': expect.arrayContaining(['actor', 'before', 'after']),
                },
              },
            ],
          ]
        : [],
    )
    const may = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) =>
        [statement.Action]
          .flat()
          .flatMap((action) => target(statement).map((resource) => `${action} ${resource}`)),
      )
    expect(may.sort()).toEqual([...FUNCTIONS[name].may].sort())
  })

  it('have no roles besides', () => {
    expect(all('AWS::IAM::Role')).toHaveLength(NAMES.length)
    expect(all('AWS::IAM::Policy')).toEqual([])
    expect(all('AWS::IAM::ManagedPolicy')).toEqual([])
  })

  it('keep their logs for a while, not for ever, and encrypted with a key of the stack if it has one', () => {
    const groups = all('AWS::Logs::LogGroup').map(({ Properties }) => Properties)
    expect(groups.map(({ RetentionInDays }) => RetentionInDays)).toEqual(NAMES.map(() => 90))
    for (const { KmsKeyId } of groups) {
      expect(KmsKeyId).toEqual(onlyIf('HasLogsKey', { 'Fn::GetAtt': ['LogsKey', 'Arn'] }))
    }
    expect(named('LogsKey')).toMatchObject({
      Condition: 'HasLogsKey',
      Properties: { EnableKeyRotation: true },
    })
  })

  it('are traced by X-Ray', () => {
    for (const { Properties } of all('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ TracingConfig: { Mode: 'Active' } })
    }
  })

  it('leave what sells its own share of what may run at once, and give verifying no more than its own', () => {
    const reserved = NAMES.map((name) => [
      name,
      named(`${logical(name)}LambdaFunction`).Properties['ReservedConcurrentExecutions'],
    ]).filter(([, share]) => share !== undefined)
    expect(Object.fromEntries(reserved)).toEqual({
      generate: onlyIf('ReservesConcurrency', 10),
      verify: onlyIf('ReservesConcurrency', 100),
      stripeWebhook: onlyIf('ReservesConcurrency', 20),
    })
  })

  it('may do nothing to everything, but where AWS has nothing to name', () => {
    const everywhere = Object.values(FUNCTIONS).flatMap(({ may }) =>
      may.filter((right) => right.endsWith(' *') || /^\S*\*/.test(right)),
    )
    expect(new Set(everywhere)).toEqual(
      new Set([
        'xray:PutTraceSegments *',
        'xray:PutTelemetryRecords *',
        'dynamodb:ListStreams *',
        'cloudwatch:GetMetricData *',
      ]),
    )
  })
})

describe('the routes in the template', () => {
  it('are those and no others, each to its own function', () => {
    const routes = all('AWS::ApiGatewayV2::Route').map(({ Properties }) => [
      Properties['RouteKey'],
      Properties['Target']['Fn::Join'][1][1].Ref,
    ])
    expect(Object.fromEntries(routes)).toEqual(
      Object.fromEntries(
        Object.entries(ROUTES).map(([route, name]) => [route, `HttpApiIntegration${name}`]),
      ),
    )
    for (const name of Object.values(ROUTES)) {
      expect(named(`HttpApiIntegration${name}`).Properties).toMatchObject({
        IntegrationUri: { 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] },
        PayloadFormatVersion: '2.0',
      })
    }
  })

  it('each have a limit for all callers together, once they are there', () => {
    const { DependsOn, Properties } = named('HttpApiStage')
    const { RouteSettings, DefaultRouteSettings } = Properties
    expect(Object.keys(RouteSettings).sort()).toEqual(Object.keys(ROUTES).sort())
    for (const limits of [DefaultRouteSettings, ...Object.values(RouteSettings)]) {
      expect(limits).toEqual({
        ThrottlingRateLimit: expect.any(Number),
        ThrottlingBurstLimit: expect.any(Number),
      })
    }
    const routes = Object.entries(resources).filter(
      ([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route',
    )
    expect([...(DependsOn ?? [])].sort()).toEqual(routes.map(([name]) => name).sort())
  })

  it('can have a name of the vendor’s own', () => {
    expect(named('ApiDomain')).toMatchObject({
      Condition: 'HasDomain',
      Properties: { DomainName: { Ref: 'Domain' } },
    })
    expect(named('ApiDomainMapping')).toMatchObject({
      Condition: 'HasDomain',
      Properties: { ApiId: { Ref: 'HttpApi' }, Stage: { Ref: 'HttpApiStage' } },
    })
  })

  it('leave CORS to the functions: the gateway would open the webhook as well', () => {
    expect(named('HttpApi').Properties).not.toHaveProperty('CorsConfiguration')
  })
})

describe('the stream in the template', () => {
  it('tells a function of changed licenses, and again what it could not take', () => {
    const followers = all('AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)
    const pattern = (...filters: object[]) => ({
      Filters: filters.map((filter) => ({ Pattern: JSON.stringify(filter) })),
    })
    expect(followers).toEqual([
      {
        BatchSize: 100,
        Enabled: true,
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        FunctionName: { 'Fn::GetAtt': ['LicenseChangesLambdaFunction', 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        FilterCriteria: pattern({
          eventName: ['INSERT', 'MODIFY'],
          dynamodb: { Keys: { sk: { S: ['LICENSE'] } } },
        }),
        StartingPosition: 'TRIM_HORIZON',
      },
      {
        BatchSize: 10,
        Enabled: true,
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        FunctionName: { 'Fn::GetAtt': ['SendEmailLambdaFunction', 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRecordAgeInSeconds: 86_400,
        DestinationConfig: {
          OnFailure: { Destination: { 'Fn::GetAtt': ['UnsentMail', 'Arn'] } },
        },
        FilterCriteria: pattern(
          {
            eventName: ['INSERT'],
            dynamodb: { Keys: { sk: { S: [{ prefix: 'OUTBOX#' }] } } },
          },
          {
            eventName: ['INSERT', 'MODIFY'],
            dynamodb: { Keys: { sk: { S: ['RECOVERY'] } } },
          },
        ),
        StartingPosition: 'TRIM_HORIZON',
      },
    ])
  })
})

describe('what else calls a function in the template', () => {
  it('is the clock, once a day, and what SES tells of the mails of this stage', () => {
    const rules = all('AWS::Events::Rule').map(({ Properties }) => [
      Properties['ScheduleExpression'],
      Properties['EventPattern'],
    ])
    expect(rules).toContainEqual(['cron(0 9 * * ? *)', undefined])
    expect(rules).toContainEqual([
      undefined,
      {
        source: ['aws.ses'],
        'detail-type': ['Email Delivered', 'Email Bounced', 'Email Complaint Received'],
        detail: {
          mail: { tags: { 'ses:configuration-set': [{ Ref: 'MailConfigurationSet' }] } },
        },
      },
    ])
    expect(rules).toHaveLength(2)
  })
})

describe('who is told of trouble in the template', () => {
  const alarms = () => all('AWS::CloudWatch::Alarm')
  /** The metrics that an alarm looks at, as `namespace name`. */
  const metricsOf = ({ Namespace, MetricName, Metrics = [] }: Resource['Properties']) => [
    ...(MetricName ? [`${Namespace} ${MetricName}`] : []),
    ...Metrics.flatMap(
      ({ MetricStat }: { MetricStat?: { Metric: { Namespace: string; MetricName: string } } }) =>
        MetricStat ? [`${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName}`] : [],
    ),
  ]

  it('is the address of the parameter, by a topic and of the budget', () => {
    expect(template.Parameters['AlarmEmail']).toEqual({
      Type: 'String',
      Default: 'ops@app.example.com',
    })
    expect(named('AlarmSubscription')).toMatchObject({
      Condition: 'HasAlarms',
      Properties: { Protocol: 'email', Endpoint: { Ref: 'AlarmEmail' } },
    })
    expect(named('Spending')).toMatchObject({
      Condition: 'HasAlarms',
      Properties: { Budget: { BudgetLimit: { Amount: { Ref: 'MonthlyBudget' }, Unit: 'USD' } } },
    })
  })

  it('has an alarm for each kind, and each alarm is for whoever gave an address', () => {
    expect(
      Object.fromEntries(
        alarms().map(({ Properties, Condition }) => [
          Properties['AlarmName'].slice(TABLE.length + 1),
          [Condition, ...metricsOf(Properties)],
        ]),
      ),
    ).toEqual({
      errors: ['HasAlarms', 'AWS/ApiGateway 5xx'],
      slow: ['HasAlarms', 'AWS/ApiGateway Latency'],
      throttles: ['HasAlarms', ...Array.from({ length: 3 }, () => 'AWS/Lambda Throttles')],
      flood: ['HasAlarms', 'AWS/ApiGateway 4xx'],
      stream: [
        'HasAlarms',
        ...Array.from({ length: 4 }, () => 'AWS/Lambda Errors'),
        'LicenseAuthority StreamRecordFailed',
      ],
      'unsent-mail': ['HasAlarms', 'AWS/SQS ApproximateNumberOfMessagesVisible'],
      'webhook-failures': [
        'HasAlarms',
        'LicenseAuthority WebhookFailed',
        'AWS/Lambda Errors',
        'LicenseAuthority WebhookUnsigned',
      ],
      'parked-purchases': ['HasAlarms', 'LicenseAuthority PurchaseParked'],
      'forged-keys': ['HasAlarms', 'LicenseAuthority FailedTries', 'LicenseAuthority RefusedTries'],
      quiet: ['HasProdAlarms', 'AWS/Lambda Invocations'],
    })
    for (const { Properties } of alarms()) {
      expect(Properties['AlarmActions']).toEqual([{ Ref: 'AlarmTopic' }])
    }
  })

  it('costs what docs/deploying.md says', async () => {
    const metrics = alarms()
      .filter(({ Condition }) => Condition === 'HasAlarms')
      .flatMap(({ Properties }) => metricsOf(Properties))
    expect(await readFile('docs/deploying.md', 'utf8')).toContain(
      `The alarms use ${metrics.length} metrics, in \`prod\` one more`,
    )
  })

  it('looks only at metrics of this stage that some function counts', async () => {
    const looked = JSON.stringify([alarms(), named('Dashboard')])
    const names = [...looked.matchAll(/MetricName(?:\\*"?:|=)\\*"(\w+)/g)].map(([, name]) => name)
    const shown = [...looked.matchAll(/\["LicenseAuthority\\*", ?\\*"(\w+)/g)].map(
      ([, name]) => name,
    )
    const sources = await Promise.all(
      (await Array.fromAsync(glob('{lib,functions}/**/*.ts', { cwd: system.directory }))).map(
        (file) => readFile(path.join(system.directory, file), 'utf8'),
      ),
    )
    const counted = [...sources.join().matchAll(/(?:count\(|failure: )'(\w+)'/g)].map(
      ([, name]) => name,
    )
    const ofAws = ['Throttles', 'Errors', 'Invocations', 'ApproximateNumberOfMessagesVisible']
    for (const name of [...names, ...shown]) {
      if (/^([45]xx|Latency)$/.test(`${name}`) || ofAws.includes(`${name}`)) continue
      expect(counted).toContain(name)
    }
    expect(names.length).toBeGreaterThan(10)
    for (const { Properties } of alarms()) {
      const ours = JSON.stringify(Properties).match(/"Namespace":"LicenseAuthority"/g) ?? []
      const stages = JSON.stringify(Properties).match(
        new RegExp(`"Name":"service","Value":"${TABLE}"`, 'g'),
      )
      expect(stages ?? []).toHaveLength(ours.length)
    }
  })

  it('has a dashboard that is JSON once its names are put in', () => {
    const { 'Fn::Sub': body } = named('Dashboard').Properties['DashboardBody']
    const { widgets } = JSON.parse(body)
    const titles = widgets.map(
      ({ properties }: { properties: { title: string } }) => properties.title,
    )
    expect(new Set(titles).size).toBeGreaterThanOrEqual(12)
  })
})

describe('what the template keeps', () => {
  it('is the table: backed up, encrypted, streamed, not deleted by mistake', () => {
    const { Properties, ...policies } = named('Table')
    expect(policies).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(Properties).toMatchObject({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
    })
  })

  it('is the secrets, which no update replaces', () => {
    const secrets = all('AWS::SecretsManager::Secret')
    expect(secrets.map(({ Properties }) => Properties['Name']).sort()).toEqual(
      ['admin-token', 'master-keys', 'pepper', 'signing-keys', 'stripe'].map(
        (name) => `${SECRET}/${name}`,
      ),
    )
    for (const policies of secrets) {
      expect(policies).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      })
    }
  })
})

const linted = spawnSync('cfn-lint', ['--version']).status === 0
if (!linted) {
  process.stderr.write(
    'cfn-lint is not on this machine, so it does not check the template: pip install cfn-lint\n',
  )
}
describe('cfn-lint', () => {
  const where = linted ? it : it.skip
  where.each(['create', 'update'])(
    'finds nothing in the template to %s the stack',
    async (kind) => {
      const found = await run('cfn-lint', [
        artifact(`cloudformation-template-${kind}-stack.json`),
      ]).catch((error) => error)
      expect([found.code ?? 0, found.stdout]).toEqual([0, ''])
    },
  )
})

const emulated = spawnSync('python3', ['-c', 'import boto3, moto']).status === 0
if (!emulated) {
  process.stderr.write(
    'moto is not on this machine, so the template is not deployed to it: pip install "moto[all]"\n',
  )
}
describe('moto', () => {
  const where = emulated ? it : it.skip
  where('takes what was packaged as a stack', async () => {
    const script = path.join(import.meta.dirname, '../support/deploy.py')
    const { stdout } = await run('python3', [script, artifact('')])
    expect(JSON.parse(stdout)).toEqual({
      status: 'UPDATE_COMPLETE',
      tables: [TABLE],
      functions: Object.fromEntries(
        Object.keys(FUNCTIONS).map((name) => [
          `${TABLE}-${name}`,
          ['nodejs24.x', `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`],
        ]),
      ),
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
      named('Table').Properties as unknown as TableDefinition,
    )
    for (const name of NAMES) {
      const directory = artifact(`unzipped/${name}`)
      for (const [file, content] of Object.entries(
        unzipSync(await readFile(artifact(`${name}.zip`))),
      )) {
        await mkdir(path.dirname(path.join(directory, file)), { recursive: true })
        await writeFile(path.join(directory, file), content)
      }
    }
  })
  afterAll(() => secretsManager.stop())

  /** Runs a function from its zip as Lambda does: in a process of its own, with its own variables and nothing else. */
  async function invoke(name: FunctionName, event: object) {
    const bundle = artifact(`unzipped/${name}/functions/${name}.mjs`)
    const script = `
      const { handler } = await import(${JSON.stringify(bundle)})
      const answer = await handler(${JSON.stringify(event)}, { awsRequestId: 'request_1' })
      process.stdout.write('\\n' + JSON.stringify(answer))`
    const { Environment } = named(`${logical(name)}LambdaFunction`).Properties
    const child = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: artifact(`unzipped/${name}`),
      env: {
        ...Environment.Variables,
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

  it('answer, issue, verify and sell', async () => {
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
    for (const follower of ['licenseChanges', 'sendEmail'] as const) {
      const { answer } = await invoke(follower, { Records: [] })
      expect(answer).toEqual({ batchItemFailures: [] })
    }
    expect((await invoke('remind', {})).answer).toMatchObject({ reminded: expect.any(Number) })
    const lost = aPost({ email: 'lost@example.com' }, { route: '/api/recover' })
    expect((await invoke('recover', lost)).status).toBe(200)
    const told = { 'detail-type': 'Email Delivered', detail: { mail: {} } }
    expect((await invoke('mailEvents', told)).answer).toEqual({ state: 'delivered' })

    const event = JSON.stringify(aStripeCheckout({ id: 'cs_packaged' }))
    const signed = aSignature(event, { secret: 'whsec_packaged', at: Date.now() })
    const sale = { route: '/webhooks/stripe', headers: { 'stripe-signature': signed } }
    expect(await invoke('stripeWebhook', aPost(event, sale))).toMatchObject({
      status: 200,
      body: { received: true },
    })
  })
})

// Last, because a build that fails takes away what the one before it made.
describe('a catalog with a fault', () => {
  it.each([
    ['a tier without a seat', 'seats: 1', 'seats: 0', 'tiers.free.seats: '],
    ['a prefix that no key may have', "'QF'", "'qf'", 'prefix: '],
  ])('stops the build with its path: %s', async (_, good, bad, fault) => {
    const catalog = path.join(system.directory, 'lib/catalog/catalog.ts')
    const source = await readFile(catalog, 'utf8')
    expect(source).toContain(good)
    await writeFile(catalog, source.replace(good, bad))
    try {
      const failed = await packaged().catch((error) => error)
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
