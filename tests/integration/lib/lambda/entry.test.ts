import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { entry } from '../../../../lib/lambda/entry.ts'
import { leanEntry } from '../../../../lib/lambda/leanEntry.ts'
import type { Runtime } from '../../../../lib/lambda/runtime.ts'
import { createVerifyRuntime } from '../../../../lib/lambda/verifyRuntime.ts'
import { startSecretsManager } from '../../../../scripts/local/secretsManager.ts'
import { aContext, aPost } from '../../../support/http.ts'
import { aTable, dynamoDbUrl } from '../../../support/table.ts'

const before = { ...process.env }
afterEach(() => {
  process.env = { ...before }
})

function watchOutput() {
  const lines: string[] = []
  const writer = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((line) => Boolean(lines.push(`${line}`)))
  return { writer, lines }
}

/** Counts what is made; its handler says so. */
function aFunction() {
  const made: Runtime[] = []
  const createHandler = (runtime: Runtime) => {
    made.push(runtime)
    return async () => ({ statusCode: 200, body: `${made.length}` })
  }
  return { made, createHandler }
}

describe('a function outside Lambda', () => {
  it('touches nothing until it is called, and is made once', async () => {
    const { made, createHandler } = aFunction()
    const handler = await entry(createHandler)
    expect(made).toHaveLength(0)
    Object.assign(process.env, { TABLE_NAME: 'table', CORS_ORIGINS: 'http://localhost:5173' })
    await handler(aPost({}), aContext())
    expect(await handler(aPost({}), aContext())).toMatchObject({ body: '1' })
  })
})

describe('a function anywhere', () => {
  const broken =
    ({ metrics }: Pick<Runtime, 'metrics'>) =>
    async () => {
      metrics.count('Other')
      throw new Error('broken')
    }

  it.each([
    ['everything', () => entry(broken)],
    ['what verifying needs', () => leanEntry(createVerifyRuntime, broken)],
  ])('on %s tells at the end of a call what it took, also when it failed', async (_, create) => {
    const { writer, lines } = watchOutput()
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      TABLE_NAME: 'table',
      CORS_ORIGINS: 'http://localhost:5173',
      POWERTOOLS_SERVICE_NAME: 'license-authority-test',
    })
    const handler = await create()
    await expect(handler(aPost({}), aContext())).rejects.toThrow('broken')
    writer.mockRestore()
    expect(JSON.parse(lines.join(''))).toMatchObject({
      service: 'license-authority-test',
      ColdStart: 1,
      Other: 1,
    })
  })
})

describe('a function in Lambda', () => {
  it('is made, with its secrets fetched, before it is called', async () => {
    const secretsManager = await startSecretsManager({ pepper: 'text' })
    Object.assign(process.env, {
      AWS_LAMBDA_FUNCTION_NAME: 'verify',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      TABLE_NAME: await aTable(),
      CORS_ORIGINS: 'http://localhost:5173,http://localhost:5174',
      PEPPER_SECRET: 'pepper',
    })
    const { made, createHandler } = aFunction()
    const handler = await entry(createHandler)
    expect(made).toHaveLength(1)
    expect(secretsManager.reads.get('pepper')).toBe(1)
    expect(made[0]).toMatchObject({
      secretIds: { pepper: 'pepper' },
      corsOrigins: ['http://localhost:5173', 'http://localhost:5174'],
    })
    expect(await handler(aPost({}), aContext())).toMatchObject({ statusCode: 200 })
    await secretsManager.stop()
  })

  it('starts although nothing can be reached, so that the caller hears why', async () => {
    Object.assign(process.env, {
      AWS_LAMBDA_FUNCTION_NAME: 'verify',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
      TABLE_NAME: 'nowhere',
      CORS_ORIGINS: 'http://localhost:5173',
      PEPPER_SECRET: 'pepper',
    })
    const { made, createHandler } = aFunction()
    await entry(createHandler)
    expect(made).toHaveLength(1)
  })

  it.each(['TABLE_NAME', 'CORS_ORIGINS'])('names the variable when %s is missing', async (name) => {
    Object.assign(process.env, {
      AWS_LAMBDA_FUNCTION_NAME: 'verify',
      TABLE_NAME: 'table',
      CORS_ORIGINS: 'http://localhost:5173',
    })
    delete process.env[name]
    await expect(entry(aFunction().createHandler)).rejects.toThrow(
      `The environment variable ${name} is not set`,
    )
  })
})
