import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { entry } from '../../../../lib/lambda/entry.ts'
import type { CoreRuntime } from '../../../../lib/lambda/runtime.ts'
import { createRuntime } from '../../../../lib/lambda/sdkRuntime.ts'
import { createVerifyRuntime } from '../../../../lib/lambda/verifyRuntime.ts'
import { startSecretsManager } from '../../../../scripts/local/secretsManager.ts'
import { aContext, aPost } from '../../../support/http.ts'
import { aTable, dynamoDbUrl, LOCAL_ENV } from '../../../support/table.ts'

const UNREACHABLE = {
  ...LOCAL_ENV,
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
  TABLE_NAME: 'nowhere',
  CORS_ORIGINS: 'http://localhost:5173,http://localhost:5174',
  PEPPER_SECRET: 'pepper',
  POWERTOOLS_SERVICE_NAME: 'license-authority-test',
}

const before = { ...process.env }
afterEach(() => {
  process.env = { ...before }
})

/** Records the runtimes that a handler is created with. */
function aFunction() {
  const runtimes: CoreRuntime[] = []
  const createHandler = (runtime: CoreRuntime) => {
    runtimes.push(runtime)
    return async () => ({ statusCode: 200 })
  }
  return { runtimes, createHandler }
}

describe.each([
  ['on the SDK', createRuntime],
  ['of verify', createVerifyRuntime],
])('a function %s', (_, create: (env: NodeJS.ProcessEnv) => CoreRuntime) => {
  it('is created once, by the first call, outside Lambda', async () => {
    const { runtimes, createHandler } = aFunction()
    const handler = await entry(create, createHandler)
    expect(runtimes).toHaveLength(0)
    Object.assign(process.env, UNREACHABLE)
    await handler(aPost({}), aContext())
    expect(await handler(aPost({}), aContext())).toMatchObject({ statusCode: 200 })
    expect(runtimes).toHaveLength(1)
  })

  it('is created, with its secrets fetched, before the first call in Lambda', async () => {
    const secretsManager = await startSecretsManager({ pepper: 'text' })
    Object.assign(process.env, UNREACHABLE, {
      AWS_LAMBDA_FUNCTION_NAME: 'verify',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      TABLE_NAME: await aTable(),
    })
    const { runtimes, createHandler } = aFunction()
    await entry(create, createHandler)
    expect(runtimes).toMatchObject([
      {
        secretIds: { pepper: 'pepper' },
        corsOrigins: ['http://localhost:5173', 'http://localhost:5174'],
      },
    ])
    expect(secretsManager.reads.get('pepper')).toBe(1)
    await secretsManager.stop()
  })

  it('starts in Lambda although no service can be reached', async () => {
    Object.assign(process.env, UNREACHABLE, { AWS_LAMBDA_FUNCTION_NAME: 'verify' })
    const { runtimes, createHandler } = aFunction()
    await entry(create, createHandler)
    expect(runtimes).toHaveLength(1)
  })

  it.each(['TABLE_NAME', 'CORS_ORIGINS'])('names %s if it is missing', async (name) => {
    Object.assign(process.env, UNREACHABLE, { AWS_LAMBDA_FUNCTION_NAME: 'verify', [name]: '' })
    await expect(entry(create, aFunction().createHandler)).rejects.toThrow(
      `The environment variable ${name} is not set`,
    )
  })

  it('writes its metrics at the end of a call, also if the call fails', async () => {
    const lines: string[] = []
    const writer = jest
      .spyOn(process.stdout, 'write')
      .mockImplementation((line) => Boolean(lines.push(`${line}`)))
    Object.assign(process.env, UNREACHABLE)
    const handler = await entry(create, ({ metrics }) => async () => {
      metrics.count('Other')
      throw new Error('broken')
    })
    await expect(handler(aPost({}), aContext())).rejects.toThrow('broken')
    writer.mockRestore()
    expect(JSON.parse(lines.join(''))).toMatchObject({
      service: 'license-authority-test',
      ColdStart: 1,
      Other: 1,
    })
  })
})
