import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHandler as createDevices } from '../../../functions/devices.ts'
import { createHandler } from '../../../functions/verify.ts'
import type { VerifyRuntime } from '../../../lib/lambda/runtime.ts'
import { KEY_SECRETS, toKeys } from '../../../lib/lambda/secrets.ts'
import { createVerifyRuntime } from '../../../lib/lambda/verifyRuntime.ts'
import { reissueKey } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, secretLoader, type TestRuntime } from '../../support/runtime.ts'
import { dynamoDbUrl, LOCAL_ENV } from '../../support/table.ts'

const HOUR = 60 * 60 * 1000

let test: TestRuntime
/** With the client of verify, on the table, secrets and clock of the test. */
let runtime: VerifyRuntime

beforeAll(async () => {
  test = await aRuntime()
  const { clock, corsOrigins, log, metrics, secretIds } = test.runtime
  const created = createVerifyRuntime({
    ...LOCAL_ENV,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: test.secretsManager.url,
    TABLE_NAME: test.table,
    CORS_ORIGINS: corsOrigins.join(','),
    PEPPER_SECRET: secretIds.pepper,
    SIGNING_KEYS_SECRET: secretIds.signingKeys,
  })
  runtime = { ...created, clock, log, metrics }
})
afterAll(() => test.stop())

/** Returns three keys of one license, the second valid for another hour, with a device activated by the first and last. */
async function issueKeys(): Promise<readonly string[]> {
  const { store, catalog } = test.runtime
  const keys = toKeys(await secretLoader(test.runtime, KEY_SECRETS)(), catalog)
  const { license, key } = await issued(store, { userId: 'Ünï 😀 "q"', tier: 'elite' })
  const cause = { actor: 'root', reason: 'leaked', requestId: 'request_1' }
  const reissue = async (overlap: number) => {
    const outcome = await reissueKey({ store, keys, now: NOW }, license.id, overlap, cause)
    if (!outcome.ok) throw new Error('The key was not reissued')
    return outcome.value.key
  }
  const handler = createDevices(test.runtime)
  const activate = async (text: string, deviceId: string) => {
    const post = aPost({ license: text, deviceId }, { route: '/api/activate' })
    expect((await handler(post, aContext())).statusCode).toBe(200)
    return text
  }
  const all = [await activate(key, 'first device'), await reissue(0), await reissue(HOUR)]
  return [...all, await activate(await reissue(HOUR), 'last device')]
}

it('responds the same with either client, for every key, device and time', async () => {
  const keys = await issueKeys()
  const newest = keys.at(-1) ?? ''
  const forged = newest.replace(/-[0-9a-f]{12}-/, '-000000000000-')
  const texts = [
    ...keys,
    ` ${newest.toLowerCase()}\n`,
    forged,
    `XX${newest.slice(2)}`,
    `${newest}0`,
  ]
  const { rateLimits, rateLimited } = test.runtime
  const handlers = [runtime, { ...runtime, rateLimits, rateLimited }].map(createHandler)
  const codes = new Set<string>()
  for (const now of [NOW, NOW + HOUR, NOW + HOUR + 1]) {
    test.time.now = now
    for (const license of texts) {
      for (const deviceId of [undefined, 'first device', 'last device', 'no device']) {
        for (const nonce of [undefined, 'x'.repeat(16)]) {
          const [own, sdk] = await Promise.all(
            handlers.map((handler) => handler(aPost({ license, deviceId, nonce }), aContext())),
          )
          expect(own).toEqual(sdk)
          codes.add(`${deviceId} ${own && bodyOf(own).code}`)
        }
      }
    }
  }
  expect([...codes].toSorted()).toEqual([
    'first device NOT_FOUND',
    'first device REVOKED',
    'first device VALID',
    'last device NOT_FOUND',
    'last device REVOKED',
    'last device VALID',
    'no device DEVICE_NOT_ACTIVATED',
    'no device NOT_FOUND',
    'no device REVOKED',
    'undefined NOT_FOUND',
    'undefined REVOKED',
    'undefined VALID',
  ])
})
