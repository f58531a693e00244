import { execFile, spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { glob, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { unzipSync } from 'fflate'
import { TTL_ATTRIBUTE } from '../../lib/store/item.ts'
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

const NAMES = readdirSync(path.join(import.meta.dirname, '../../functions')).map((file) =>
  file.replace(/\.ts$/, ''),
)

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
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
const list = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type)

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

/** Replaces references by names, and shortens the ARNs of this account. ARNs of other accounts stay as they are. */
function simplify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplify)
  if (typeof value === 'string') {
    return value.replace(
      /^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/,
      '',
    )
  }
  if (typeof value !== 'object' || value === null) return value
  const [[kind = '', inner] = []] = Object.entries(value)
  if (kind === 'Ref' || kind === 'Fn::Sub') return simplify(inner)
  if (kind === 'Fn::GetAtt' || kind === 'Fn::Join') return inner.flat(2).map(simplify).join('.')
  if (kind === 'Fn::If') return `${simplify(inner[1])} if ${inner[0]}`
  return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, simplify(nested)]))
}

const format = (value: unknown) => JSON.stringify(simplify(value)).replace(/[{}"\\]/g, '')

function formatStatement({ Effect, Action, Resource, Condition }: Statement): string {
  const condition = Condition ? ` if ${format(Condition)}` : ''
  return `${Effect} ${[Action].flat().join(' ')}: ${[simplify(Resource)].flat().join(' ')}${condition}`
}

const ASSUMED_BY_LAMBDA = [
  { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
]

/** Returns the statements of a function's role, without the right to write its own logs and traces. */
function listRights(name: string): string[] {
  const { Policies, AssumeRolePolicyDocument, ...others } = find(
    `${capitalize(name)}Role`,
  ).Properties
  // A managed policy would grant more than the statements.
  expect(others).toEqual({})
  expect(AssumeRolePolicyDocument.Statement).toEqual(ASSUMED_BY_LAMBDA)
  const rights: string[] = Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) =>
      policy.PolicyDocument.Statement.map(formatStatement),
  )
  const common = [
    `Allow logs:CreateLogStream logs:PutLogEvents: log-group:/aws/lambda/${TABLE}-${name}:*`,
    'Allow xray:PutTraceSegments xray:PutTelemetryRecords: *',
  ]
  expect(rights).toEqual(expect.arrayContaining(common))
  return rights.filter((right) => !common.includes(right))
}

/** Per type of resource, the properties to review. */
const REVIEWED: Readonly<Record<string, readonly string[]>> = {
  'Lambda::Function': [
    ...['Handler', 'Runtime', 'Architectures', 'Timeout', 'MemorySize', 'Role', 'TracingConfig'],
    ...['ReservedConcurrentExecutions', 'Environment'],
  ],
  'Logs::LogGroup': ['RetentionInDays', 'KmsKeyId'],
  'KMS::Key': ['EnableKeyRotation'],
  'ApiGatewayV2::Route': ['RouteKey', 'Target'],
  'ApiGatewayV2::Stage': ['DefaultRouteSettings'],
  'ApiGatewayV2::DomainName': ['DomainName'],
  'ApiGatewayV2::ApiMapping': ['DomainName', 'Stage'],
  'Lambda::EventSourceMapping': [
    ...['EventSourceArn', 'FunctionName', 'BatchSize', 'StartingPosition', 'FunctionResponseTypes'],
    ...['MaximumRecordAgeInSeconds', 'DestinationConfig', 'FilterCriteria'],
  ],
  'Events::Rule': ['ScheduleExpression', 'EventPattern', 'Targets'],
  'DynamoDB::Table': [
    ...[
      'TableName',
      'BillingMode',
      'DeletionProtectionEnabled',
      'PointInTimeRecoverySpecification',
    ],
    ...['SSESpecification', 'StreamSpecification', 'TimeToLiveSpecification'],
  ],
  'SecretsManager::Secret': ['Name'],
  'CloudWatch::Alarm': ['AlarmName', 'AlarmActions', 'Threshold'],
  'SNS::Subscription': ['Protocol', 'Endpoint'],
  'Budgets::Budget': ['Budget'],
}

/** Returns `namespace name` of each metric of an alarm. */
const metricsOf = ({ Namespace, MetricName, Metrics = [] }: Resource['Properties']): string[] =>
  MetricName
    ? [`${Namespace} ${MetricName}`]
    : Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: Resource['Properties'] } }) =>
        MetricStat ? metricsOf(MetricStat.Metric) : [],
      )

function formatResource([name, resource]: [string, Resource]): string {
  const { Type, Condition, DeletionPolicy, UpdateReplacePolicy, Properties } = resource
  const kept = DeletionPolicy && `deletion ${DeletionPolicy}, replacement ${UpdateReplacePolicy}`
  const values = (REVIEWED[Type.replace('AWS::', '')] ?? [])
    .filter((property) => Properties[property] !== undefined)
    .map((property) => format({ [property]: Properties[property] }))
  const metrics = Type === 'AWS::CloudWatch::Alarm' ? metricsOf(Properties) : []
  const notes = [Condition && `if ${Condition}`, kept, ...values, ...metrics]
  return `${name}: ${notes.filter(Boolean).join('; ')}`
}

describe('the template', () => {
  it('matches the reviewed snapshot', () => {
    const resources = Object.entries(template.Resources)
      .filter(([, { Type }]) => Object.hasOwn(REVIEWED, Type.replace('AWS::', '')))
      .map(formatResource)
    const rights = NAMES.toSorted().map((name) => [name, ...listRights(name)].join('\n  '))
    expect([...resources, ...rights].join('\n')).toMatchSnapshot()
  })

  it('grants no permission on all resources that could have one, to delete, or to rewrite history', () => {
    const rights = NAMES.map(listRights)
    const [all, everywhere] = [
      rights.flat(),
      rights.flat().filter((right) => / \*(?: |$)/.test(right)),
    ]
    expect(new Set(everywhere)).toEqual(
      new Set(['Allow dynamodb:ListStreams: *', 'Allow cloudwatch:GetMetricData: *']),
    )
    expect(all.filter((right) => /^Allow [^:]+:\S*(?:Delete|\*)/.test(right))).toEqual([])
    const history = `Deny dynamodb:UpdateItem: Table.Arn if ForAnyValue:StringEquals:dynamodb:Attributes:[actor,action,reason,requestId,before,after]`
    for (const own of rights) {
      const updates = own.some((right) => /^Allow.*dynamodb:UpdateItem/.test(right))
      expect(own.includes(history)).toBe(updates)
    }
    expect([...list('AWS::IAM::Policy'), ...list('AWS::IAM::ManagedPolicy')]).toEqual([])
    expect(list('AWS::IAM::Role')).toHaveLength(NAMES.length)
  })

  it('limits each route once it exists, and leaves CORS to the functions', () => {
    const { DependsOn, Properties } = find('HttpApiStage')
    const routes = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route',
    )
    const keys = routes.map(([, route]) => route.Properties['RouteKey'])
    expect(Object.keys(Properties['RouteSettings']).sort()).toEqual(keys.sort())
    expect([...(DependsOn ?? [])].sort()).toEqual(routes.map(([name]) => name).sort())
    for (const [name, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type !== 'AWS::ApiGatewayV2::Integration') continue
      const handler = name.replace('HttpApiIntegration', '')
      expect(Properties).toMatchObject({
        IntegrationUri: { 'Fn::GetAtt': [`${handler}LambdaFunction`, 'Arn'] },
        PayloadFormatVersion: '2.0',
      })
    }
    // CORS of the gateway would cover the webhook, too.
    expect(find('HttpApi').Properties).not.toHaveProperty('CorsConfiguration')
  })

  it('retains the table and the secrets', () => {
    expect(find('Table').Properties['TimeToLiveSpecification'].AttributeName).toBe(TTL_ATTRIBUTE)
    for (const resource of [find('Table'), ...list('AWS::SecretsManager::Secret')]) {
      expect(resource.UpdateReplacePolicy).toBe('Retain')
      expect(resource.DeletionPolicy).toMatch(/^Retain/)
    }
  })
})

describe('the alarms of the template', () => {
  const alarms = () => list('AWS::CloudWatch::Alarm')

  it('notify one address, and cost what is documented', async () => {
    for (const { Properties, Condition } of alarms()) {
      expect(Properties['AlarmActions']).toEqual([{ Ref: 'AlarmTopic' }])
      expect(Condition).toMatch(/^Has(?:Prod)?Alarms$/)
    }
    expect(template.Parameters['AlarmEmail']).toMatchObject({ Default: 'ops@app.example.com' })
    const count = alarms().flatMap(({ Properties }) => metricsOf(Properties)).length - 1
    expect(await readFile('docs/deploying.md', 'utf8')).toContain(
      `The alarms use ${count} metrics, in \`prod\` one more`,
    )
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

/** Returns `it`, or `it.skip` with a note if a tool is not installed. */
function itWith(tool: string, command: readonly [string, ...string[]]) {
  const [file, ...args] = command
  if (spawnSync(file, args).status === 0) return it
  process.stderr.write(
    `${tool} is not installed, so it does not check the template: pip install "${tool}"\n`,
  )
  return it.skip
}

describe('the deployment', () => {
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
        ...find(`${capitalize(name)}LambdaFunction`).Properties['Environment'].Variables,
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
