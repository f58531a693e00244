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

/** As long as a function may go on with the secret of before while Secrets Manager answers. */
const REVALIDATED_MS = 11 * 60_000

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
  it('under load fails no client, though none was built with the new keys', async () => {
    const shipped = await published()
    const signers = new Set<string | undefined>()
    service.front.passing = ({ path, body }) => {
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
      // A machine that is busy is no reason to go on by the lease.
      const client = aClient({ keys: shipped, storage, timeoutMs: 60_000 })
      while (!isOver) statuses.push(await client.check())
    })
    const goOn = async (ms: number) => {
      service.test.time.now += ms
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
    service.front.instead = ({ socket }) => {
      socket.destroy()
      return true
    }
    for (const storage of storages) {
      expect(await aClient({ keys: shipped, storage }).check()).toMatchObject({ source: 'lease' })
    }
    // An app that was built before, and one that is built now, start with the newest key alike.
    service.front.open()
    for (const keys of [shipped, await published()]) {
      expect(await aClient({ keys }).activate(await aKey())).toMatchObject({ status: 'valid' })
    }
  })

  it('is refused to the second of two at the same moment', async () => {
    // Later than all that came before.
    service.test.time.now = NOW + 3650 * DAY_MS
    const outcomes = await Promise.allSettled([rotate(), rotate()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: 'Another rotation ran at the same time; nothing was changed' },
    })
    await expect(rotate()).rejects.toThrow('A new key is published already')
  })

  it('goes on after somebody put the former version back', async () => {
    service.test.time.now = NOW + 3700 * DAY_MS
    const { secrets } = service.test.secretsManager
    const before = secrets.get('test/signing-keys') ?? ''
    await rotate()
    service.test.secretsManager.restore('test/signing-keys', before)
    await expect(rotate()).resolves.toMatchObject({ to: expect.any(String) })
  })
})
