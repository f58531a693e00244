import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../../functions/verify.ts'
import { createKeyRuntime } from '../../../../lib/lambda/keyRuntime.ts'
import { createRuntime } from '../../../../lib/lambda/runtime.ts'
import { createVerifyRuntime } from '../../../../lib/lambda/verifyRuntime.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../../../scripts/local/secretsManager.ts'
import { aContext, aPost, bodyOf } from '../../../support/http.ts'
import { issued, someKeys } from '../../../support/licenses.ts'
import { aLine, type Line } from '../../../support/line.ts'
import { aLog } from '../../../support/runtime.ts'
import { aTable, dynamoDbUrl } from '../../../support/table.ts'

const before = { ...process.env }
let dynamoDb: Line
let secretsManager: LocalSecretsManager
let secretsLine: Line

beforeEach(async () => {
  dynamoDb = await aLine(dynamoDbUrl())
  secretsManager = await startSecretsManager({
    keys: 'test_master_key',
    pepper: 'test_pepper',
    signing: 'test_signing_key',
  })
  secretsLine = await aLine(secretsManager.url)
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsLine.url,
    TABLE_NAME: await aTable(),
    CORS_ORIGINS: 'http://localhost:5173',
    MASTER_KEYS_SECRET: 'keys',
    PEPPER_SECRET: 'pepper',
    SIGNING_KEYS_SECRET: 'signing',
  })
})
afterEach(async () => {
  process.env = { ...before }
  await Promise.all([dynamoDb.stop(), secretsLine.stop(), secretsManager.stop()])
})

describe.each([
  ['the AWS SDK', createRuntime],
  ['the little that verifying needs', createVerifyRuntime],
  ['what keys need', createKeyRuntime],
])('the runtime, with %s', (_, createOne) => {
  it('gives up on a service that takes a request and never answers, and recovers', async () => {
    const { store, clock } = createRuntime(process.env)
    const { key } = await issued(store, {}, { keys: someKeys(), now: clock() })
    const runtime = { ...createOne(process.env), log: aLog().log }
    const handler = createHandler(runtime)
    const verify = async () => {
      const response = await handler(aPost({ license: key }), aContext())
      return { status: response.statusCode, body: bodyOf(response) }
    }

    secretsLine.state = 'mute'
    expect(await verify()).toMatchObject({ status: 503, body: { retryable: true } })
    secretsLine.state = 'open'
    expect(await verify()).toMatchObject({ status: 200 })

    dynamoDb.state = 'mute'
    expect(await verify()).toMatchObject({ status: 503, body: { retryable: true } })
    dynamoDb.state = 'open'
    expect(await verify()).toMatchObject({ status: 200 })
  })

  it('is ready for the first request after priming', async () => {
    const runtime = createOne(process.env)
    await runtime.prime()
    secretsLine.state = 'cut'
    const answer = await createHandler(runtime)(aPost({ license: 'x' }), aContext())
    expect(bodyOf(answer)).toMatchObject({ error: 'Invalid format' })
  })
})
