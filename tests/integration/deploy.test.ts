import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import { readService } from '../../scripts/local/service.ts'

interface Step {
  readonly name?: string
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly if?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

interface Job {
  readonly needs?: string
  readonly environment?: string
  readonly permissions: Readonly<Record<string, string>>
  readonly 'timeout-minutes': number
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: { readonly push: object }
  readonly permissions: object
  readonly concurrency: object
  readonly env: Readonly<Record<string, string>>
  readonly jobs: { readonly package: Job; readonly deploy: Job }
}

const require = createRequire(import.meta.url)
/** The parser that `serverless` reads serverless.yml with. */
const { load } = createRequire(require.resolve('serverless/package.json'))('js-yaml')

interface Policy {
  readonly Statement: readonly {
    readonly Action: string | readonly string[]
    readonly Resource: string | readonly string[]
  }[]
}

/** The prefixes of permissions that differ from the name of the service in CloudFormation. */
const PREFIXES: Readonly<Record<string, string>> = { apigatewayv2: 'apigateway' }

const root = (file: string) => new URL(`../../${file}`, import.meta.url)
const text = await readFile(root('.github/workflows/deploy.yml'), 'utf8')
const guide = await readFile(root('docs/deploying.md'), 'utf8')
const workflow: Workflow = load(text)
const { scripts } = JSON.parse(await readFile(root('package.json'), 'utf8'))

const { package: packaging, deploy } = workflow.jobs
const steps = [...packaging.steps, ...deploy.steps]
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
const called = runs
  .flatMap((run) => [...run.matchAll(/npm (?:run (?:-s )?)?([\w:]+)/g)])
  .map(([, script = '']) => script)
const PROD_ON_TAGS = '$' + "{{ github.ref_type == 'tag' && 'prod' || 'dev' }}"

const place = (part: string) => {
  const index = deploy.steps.findIndex(({ run, uses }) => `${run}${uses}`.includes(part))
  if (index < 0) throw new Error(`No step has ${part}`)
  return index
}
const stepWith = (part: string) => deploy.steps[place(part)]

describe('.github/workflows/deploy.yml', () => {
  it('deploys main to dev, and tags to prod, whose environment requires approval', () => {
    expect(workflow.on).toEqual({ push: { branches: ['main'], tags: ['v*'] } })
    expect(workflow.env['STAGE']).toBe(PROD_ON_TAGS)
    expect(deploy.environment).toBe(PROD_ON_TAGS)
  })

  it('runs one deployment of a stage at a time and cancels none', () => {
    expect(workflow.concurrency).toEqual({
      group: `deploy-${PROD_ON_TAGS}`,
      'cancel-in-progress': false,
    })
  })

  it('uses no AWS key, but a token in the job that deploys', () => {
    expect(text).not.toMatch(/secrets\.|access-key/)
    expect(workflow.permissions).toEqual({})
    expect(packaging.permissions).toEqual({ contents: 'read' })
    expect(deploy.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(stepWith('configure-aws-credentials')?.with).toEqual({
      'role-to-assume': '$' + '{{ vars.AWS_ROLE_ARN }}',
      'aws-region': '$' + '{{ env.REGION }}',
    })
  })

  it('pins actions by commit and persists no credentials', () => {
    const used = [...text.matchAll(/uses: (.+)/g)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
    for (const { uses, with: options } of steps) {
      if (uses?.startsWith('actions/checkout@')) {
        expect(options).toEqual({ 'persist-credentials': false })
      }
    }
  })

  it('tests, packages once and deploys that package', () => {
    expect(packaging.steps.filter(({ run }) => run).map(({ run }) => run)).toEqual([
      'npm test',
      expect.stringContaining(
        'npm run package -- --stage "$STAGE" --region "$REGION" --package packaged',
      ),
    ])
    expect(deploy.needs).toBe('package')
    expect(packaging.steps.at(-1)?.with).toMatchObject({ name: 'packaged', path: 'packaged' })
    expect(stepWith('download-artifact')?.with).toEqual({ name: 'packaged', path: 'packaged' })
    expect(stepWith('npm run deploy --')?.run).toBe(
      'npm run deploy -- --stage "$STAGE" --region "$REGION" --package packaged --force',
    )
    expect(deploy.steps.some(({ run }) => run?.includes('run package'))).toBe(false)
  })

  it('installs before it gets credentials', () => {
    expect(place('scripts/bootstrap.mjs')).toBeLessThan(place('configure-aws-credentials'))
  })

  it('checks the deployment, and rolls back after any failure', () => {
    const order = ['deploy current', 'npm run deploy --', 'npm run smoke', 'npm run rollback']
    expect(order.map(place)).toEqual([...order.map(place)].sort((one, other) => one - other))
    expect(stepWith('deploy current')?.id).toBe('before')
    expect(stepWith('npm run rollback')).toMatchObject({
      if: '$' + "{{ failure() && steps.before.outputs.deployment != '' }}",
      env: { DEPLOYMENT: '$' + '{{ steps.before.outputs.deployment }}' },
      run: expect.stringContaining('--timestamp "$DEPLOYMENT"'),
    })
    expect(deploy.steps.at(-1)).toMatchObject({
      if: '$' + "{{ failure() && steps.rollback.outcome == 'success' }}",
      run: expect.stringContaining('npm run smoke'),
    })
    expect(text).not.toContain('continue-on-error')
  })

  it('limits the time of its jobs', () => {
    for (const job of [packaging, deploy]) expect(job['timeout-minutes']).toBeLessThanOrEqual(60)
  })

  it('passes no expression to a shell', () => {
    for (const run of runs) expect(run).not.toContain('$' + '{{')
  })

  it.each([...new Set(called)])('calls an existing script: %s', (script) => {
    expect(Object.keys(scripts)).toContain(script)
  })
})

describe('docs/deploying.md', () => {
  const policies = [...guide.matchAll(/```json\n(.+?)```/gs)].map(([, json = '']) =>
    JSON.parse(json),
  )
  const [trust, { Statement: statements }] = policies as [{ Statement: object[] }, Policy]

  it('lets in only jobs of one environment of one repository', () => {
    expect(trust.Statement).toEqual([
      expect.objectContaining({
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': expect.stringMatching(
              /^repo:[\w-]+\/[\w-]+:environment:prod$/,
            ),
          },
        },
      }),
    ])
  })

  it('gives the role a right in each part of AWS that the stack has something of', async () => {
    const { resources } = await readService('prod')
    const parts = Object.values(resources.Resources as unknown as Record<string, { Type: string }>)
      .map(({ Type }) => Type.split('::')[1]?.toLowerCase() ?? '')
      .concat('lambda', 'apigateway', 'logs', 's3', 'cloudformation')
      .map((part) => PREFIXES[part] ?? part)
    const rights = statements.flatMap(({ Action }) => Action)
    for (const part of new Set(parts)) {
      expect([part, rights.some((right) => right.startsWith(`${part}:`))]).toEqual([part, true])
    }
  })

  it('lets the role read no secret, delete no table and write no roles but those of the stack', () => {
    const rights = statements.flatMap(({ Action }) => Action)
    expect(rights).not.toContain('secretsmanager:GetSecretValue')
    expect(rights).not.toContain('dynamodb:DeleteTable')
    expect(rights.filter((right) => right.includes('*'))).toEqual([])
    for (const { Action, Resource } of statements) {
      if ([Action].flat().some((right) => right.startsWith('iam:'))) {
        expect(Resource).toBe('arn:aws:iam::111122223333:role/license-authority-prod-*')
      }
    }
  })
})
