import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../../functions/verify.ts'
import { createRuntime } from '../../../../lib/lambda/sdkRuntime.ts'
import { createVerifyRuntime } from '../../../../lib/lambda/verifyRuntime.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../../../scripts/local/secretsManager.ts'
import { aContext, aPost, bodyOf } from '../../../support/http.ts'
import { issued, someKeys } from '../../../support/licenses.ts'
import { aLine, type Line } from '../../../support/line.ts'
import { aLog } from '../../../support/runtime.ts'
import { aTable, dynamoDbUrl, LOCAL_ENV } from '../../../support/table.ts'

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
  Object.assign(process.env, LOCAL_ENV, {
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
  ['on the AWS SDK', createRuntime],
  ['of verify', createVerifyRuntime],
])('the runtime %s', (_, create) => {
  it('returns 503 within the timeout of a service that never responds, and recovers', async () => {
    const { store, clock } = createRuntime(process.env)
    const { key } = await issued(store, {}, { keys: someKeys(), now: clock() })
    const handler = createHandler({ ...create(process.env), log: aLog().log })
    const verify = async () => {
      const response = await handler(aPost({ license: key }), aContext())
      return { status: response.statusCode, body: bodyOf(response) }
    }
    for (const line of [secretsLine, dynamoDb]) {
      line.state = 'mute'
      expect(await verify()).toMatchObject({ status: 503, body: { retryable: true } })
      line.state = 'open'
      expect(await verify()).toMatchObject({ status: 200 })
    }
  })

  it('has its secrets once it is primed', async () => {
    const runtime = create(process.env)
    await runtime.prime()
    secretsLine.state = 'cut'
    const answer = await createHandler(runtime)(aPost({ license: 'x' }), aContext())
    expect(bodyOf(answer)).toMatchObject({ error: 'Invalid format' })
  })
})
