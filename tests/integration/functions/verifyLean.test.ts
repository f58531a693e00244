import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHandler as createDevices } from '../../../functions/devices.ts'
import { createHandler } from '../../../functions/verify.ts'
import { createSecretsLoader, KEY_SECRETS, keysOf } from '../../../lib/lambda/secrets.ts'
import { createVerifyRuntime, type VerifyRuntime } from '../../../lib/lambda/verifyRuntime.ts'
import { reissueKey } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { lean } from '../../support/lean.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'

const HOUR = 60 * 60 * 1000

let test: TestRuntime
let verifying: VerifyRuntime

beforeAll(async () => {
  test = await aRuntime()
  verifying = lean(test, createVerifyRuntime)
})
afterAll(() => test.stop())

/** A license that had three keys, the second of them at its end in an hour, and a device by the first and by the last. */
async function severalKeys(): Promise<readonly string[]> {
  const { store, catalog } = test.runtime
  const keys = keysOf(await createSecretsLoader(test.runtime, KEY_SECRETS)(), catalog)
  const { license, key } = await issued(store, { userId: 'Ünï 😀 "q"', tier: 'elite' })
  const cause = { actor: 'root', reason: 'leaked', requestId: 'request_1' }
  const reissued = async (overlap: number) => {
    const outcome = await reissueKey({ store, keys, now: NOW }, license.id, overlap, cause)
    if (!outcome.ok) throw new Error('There is no other key')
    return outcome.value.key
  }
  const activate = createDevices(test.runtime)
  const activated = async (text: string, deviceId: string) => {
    const post = aPost({ license: text, deviceId }, { route: '/api/activate' })
    expect((await activate(post, aContext())).statusCode).toBe(200)
    return text
  }
  const all = [await activated(key, 'first device'), await reissued(0), await reissued(HOUR)]
  return [...all, await activated(await reissued(HOUR), 'last device')]
}

it('is answered without the SDK as with it: each key of a license, on each device, at each time', async () => {
  const keys = await severalKeys()
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
  const answers = [verifying, { ...verifying, rateLimits, rateLimited }].map((runtime) =>
    createHandler(runtime),
  )
  const codes = new Set<string>()
  for (const now of [NOW, NOW + HOUR, NOW + HOUR + 1]) {
    test.time.now = now
    for (const license of texts) {
      for (const deviceId of [undefined, 'first device', 'last device', 'no device']) {
        for (const nonce of [undefined, 'x'.repeat(16)]) {
          const [without, by] = await Promise.all(
            answers.map((answer) => answer(aPost({ license, deviceId, nonce }), aContext())),
          )
          expect(without).toEqual(by)
          codes.add(`${deviceId} ${without && bodyOf(without).code}`)
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
