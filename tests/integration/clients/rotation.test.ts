import { setTimeout as sleep } from 'node:timers/promises'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { type LicenseStatus, memoryStorage } from '../../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { PUBLISHED_MS, RETIRED_MS } from '../../../lib/signing/ring.ts'
import { rotateSigningKeys } from '../../../scripts/keys/signing.ts'
import { NOW } from '../../support/licenses.ts'
import { useService } from '../../support/service.ts'

/** Longest time for which a function uses a cached secret. */
const SECRET_CACHE_MS = 11 * 60_000

const service = useService()
const { aClient, published } = service

const aKey = async () => (await service.aKey({ durationDays: 3650 })).key

const rotate = () =>
  rotateSigningKeys(
    new SecretsManagerClient({
      endpoint: service.test.secretsManager.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    'test/signing-keys',
    service.test.time.now,
    false,
  )

describe('a rotation of the signing keys', () => {
  it('fails no client under load, although none was built with the new keys', async () => {
    const shipped = await published()
    const signers = new Set<string | undefined>()
    service.proxy.onResponse = ({ path, body }) => {
      if (path === '/api/verify') signers.add(decodeProtectedHeader(JSON.parse(body).token).kid)
    }
    const storages = Array.from({ length: 8 }, () => memoryStorage())
    for (const storage of storages) {
      expect(await aClient({ keys: shipped, storage }).activate(await aKey())).toMatchObject({
        status: 'valid',
      })
    }

    const statuses: LicenseStatus[] = []
    let isOver = false
    const load = storages.map(async (storage) => {
      // A slow machine must not cause a fallback to the lease.
      const client = aClient({ keys: shipped, storage, timeoutMs: 60_000 })
      while (!isOver) statuses.push(await client.check())
    })
    const advance = async (ms: number) => {
      service.test.time.now += ms
      const enough = statuses.length + 40
      while (statuses.length < enough) await sleep(5)
    }

    const names = [shipped.keys[0]?.kid]
    for (const pause of [DAY_MS, RETIRED_MS, DAY_MS]) {
      await advance(0)
      names.push((await rotate()).to)
      await advance(SECRET_CACHE_MS)
      expect((await published()).keys.length).toBeGreaterThanOrEqual(2)
      expect(signers.has(names.at(-1))).toBe(false)
      await advance(PUBLISHED_MS)
      expect(signers.has(names.at(-1))).toBe(true)
      await advance(pause)
    }
    isOver = true
    await Promise.all(load)

    const isOnline = (status: LicenseStatus) =>
      status.status === 'valid' && status.source === 'online'
    expect(statuses.filter((status) => !isOnline(status))).toEqual([])
    expect([...signers]).toEqual(names)
    expect((await published()).keys.map(({ kid }) => kid)).not.toContain(names[0])

    // Learned endorsements are stored: each client accepts the lease of the newest key offline.
    service.proxy.instead = ({ socket }) => {
      socket.destroy()
      return true
    }
    for (const storage of storages) {
      expect(await aClient({ keys: shipped, storage }).check()).toMatchObject({ source: 'lease' })
    }
    // Apps built before and after the rotations both accept the newest key.
    service.proxy.reset()
    for (const keys of [shipped, await published()]) {
      expect(await aClient({ keys }).activate(await aKey())).toMatchObject({ status: 'valid' })
    }
  })

  it('rejects the second of two concurrent ones', async () => {
    // Later than all previous rotations.
    service.test.time.now = NOW + 3650 * DAY_MS
    const outcomes = await Promise.allSettled([rotate(), rotate()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: 'Another rotation ran at the same time; nothing was changed' },
    })
    await expect(rotate()).rejects.toThrow('A new key is published already')
  })

  it('works after the previous version of the secret was restored', async () => {
    service.test.time.now = NOW + 3700 * DAY_MS
    const { secrets } = service.test.secretsManager
    const before = secrets.get('test/signing-keys') ?? ''
    await rotate()
    service.test.secretsManager.restore('test/signing-keys', before)
    await expect(rotate()).resolves.toMatchObject({ to: expect.any(String) })
  })
})
