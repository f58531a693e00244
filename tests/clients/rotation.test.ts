import { setTimeout as sleep } from 'node:timers/promises'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import {
  createLicenseClient,
  type LicenseStatus,
  memoryStorage,
  type PublishedKeys,
  type Storage,
} from '../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../lib/license/index.ts'
import { PUBLISHED_MS, RETIRED_MS } from '../../lib/signing/ring.ts'
import { changeRing } from '../../scripts/keys/change.ts'
import { aFront, type Front } from '../support/front.ts'
import { issued } from '../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../support/runtime.ts'
import { type ApiServer, anApiServer } from '../support/server.ts'

/** As long as a function may go on with the secret of before while Secrets Manager answers. */
const REVALIDATED_MS = 11 * 60_000

let test: TestRuntime
let server: ApiServer
let front: Front
beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  front = await aFront(server.url)
})
afterAll(async () => {
  await front.stop()
  await server.stop()
  await test.stop()
})

const published = async () =>
  (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as PublishedKeys

const aClient = (keys: PublishedKeys, storage: Storage = memoryStorage()) =>
  createLicenseClient({
    url: front.url,
    keys,
    storage,
    now: () => test.time.now,
    retries: 0,
  })

let users = 0
async function aKey() {
  const order = { userId: `user_${++users}`, durationDays: 3650 }
  return (await issued(test.runtime.store, order, { now: test.time.now })).key
}

const rotate = () =>
  changeRing(
    new SecretsManagerClient({
      endpoint: test.secretsManager.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    'test/signing-keys',
    test.time.now,
    false,
  )

describe('a rotation of the signing keys', () => {
  it('under load fails no client, though none was built with the new keys', async () => {
    const shipped = await published()
    const signers = new Set<string | undefined>()
    front.passing = ({ path, body }) => {
      if (path === '/api/verify') signers.add(decodeProtectedHeader(JSON.parse(body).token).kid)
    }
    const storages = Array.from({ length: 8 }, () => memoryStorage())
    for (const storage of storages) {
      expect(await aClient(shipped, storage).activate(await aKey())).toMatchObject({
        status: 'valid',
      })
    }

    const statuses: LicenseStatus[] = []
    let isOver = false
    const load = storages.map(async (storage) => {
      const client = aClient(shipped, storage)
      while (!isOver) statuses.push(await client.check())
    })
    const goOn = async (ms: number) => {
      test.time.now += ms
      const enough = statuses.length + 40
      while (statuses.length < enough) await sleep(5)
    }

    const names = [shipped.keys[0]?.kid]
    for (const pause of [DAY_MS, RETIRED_MS, DAY_MS]) {
      await goOn(0)
      names.push((await rotate()).to)
      await goOn(REVALIDATED_MS)
      expect((await published()).keys.length).toBeGreaterThanOrEqual(2)
      expect(signers.has(names.at(-1))).toBe(false)
      await goOn(PUBLISHED_MS)
      expect(signers.has(names.at(-1))).toBe(true)
      await goOn(pause)
    }
    isOver = true
    await Promise.all(load)

    const isGood = (status: LicenseStatus) =>
      status.status === 'valid' && status.source === 'online'
    expect(statuses.filter((status) => !isGood(status))).toEqual([])
    expect([...signers]).toEqual(names)
    expect((await published()).keys.map(({ kid }) => kid)).not.toContain(names[0])

    // What they learned they keep: each believes its lease of the newest key where nobody answers.
    front.instead = ({ socket }) => {
      socket.destroy()
      return true
    }
    for (const storage of storages) {
      expect(await aClient(shipped, storage).check()).toMatchObject({ source: 'lease' })
    }
    // An app that was built before, and one that is built now, start with the newest key alike.
    front.open()
    for (const keys of [shipped, await published()]) {
      expect(await aClient(keys).activate(await aKey())).toMatchObject({ status: 'valid' })
    }
  })

  it('is refused to the second of two at the same moment', async () => {
    test.time.now += PUBLISHED_MS
    const outcomes = await Promise.allSettled([rotate(), rotate()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: 'Somebody else rotated the keys at the same moment; nothing was done' },
    })
    await expect(rotate()).rejects.toThrow('A new key is published already')
  })

  it('goes on after somebody put the former version back', async () => {
    test.time.now += PUBLISHED_MS
    const { secrets } = test.secretsManager
    const before = secrets.get('test/signing-keys') ?? ''
    await rotate()
    test.secretsManager.putBack('test/signing-keys', before)
    await expect(rotate()).resolves.toMatchObject({ to: expect.any(String) })
  })
})
