import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { fileStorage } from '../../../clients/typescript/src/fileStorage.ts'
import {
  createLicenseClient,
  memoryStorage,
  type Storage,
} from '../../../clients/typescript/src/index.ts'
import { signingKeyOf } from '../../../lib/signing/key.ts'
import { toKey } from '../../../lib/signing/secret.ts'
import { signToken } from '../../../lib/signing/token.ts'
import { NOW } from '../../support/licenses.ts'
import { responding, useService } from '../../support/service.ts'

const service = useService()
const { aClient, aSlowClient, aKey, activated, admin, cut } = service

describe('a client with a faulty environment', () => {
  it('works online without a storage', async () => {
    const { key } = await aKey()
    const broken: Storage = {
      get: () => Promise.reject(new Error('no')),
      set: () => {
        throw new Error('full')
      },
    }
    const client = aClient({ storage: broken, deviceId: 'a-device-of-its-own' })
    expect(await client.activate(key)).toMatchObject({ status: 'valid', offlineUntil: null })
    expect(await client.check()).toMatchObject({ status: 'unknown', code: 'STORAGE_FAILED' })
    expect(await client.verify(key)).toMatchObject({ status: 'valid' })
    expect(await aClient({ storage: broken }).activate(key)).toMatchObject({
      status: 'unknown',
      code: 'STORAGE_FAILED',
    })
  })

  it('takes no seats if the storage cannot be written', async () => {
    const { key } = await aKey({ seats: 1 })
    const full: Storage = {
      get: () => null,
      set: () => {
        throw new Error('QuotaExceededError')
      },
    }
    for (let start = 0; start < 3; start++) {
      expect(await aClient({ storage: full }).activate(key)).toMatchObject({
        status: 'unknown',
        code: 'STORAGE_FAILED',
      })
    }
    expect(service.proxy.requests).toEqual([])
  })

  it('keeps its license after a failed read', async () => {
    const inner = memoryStorage()
    let failures = 0
    const storage: Storage = {
      get(name) {
        if (failures-- > 0) throw new Error('EBUSY')
        return inner.get(name)
      },
      set: inner.set,
    }
    const { key } = await aKey()
    const start = () => aClient({ storage, deviceId: 'the-machine' })
    await start().activate(key)
    for (failures = 1; failures <= 3; failures++) {
      const times = failures
      expect(await start().check()).toMatchObject({ code: 'STORAGE_FAILED' })
      failures = times
    }
    failures = 0
    expect(await start().check()).toMatchObject({ status: 'valid' })
  })

  it.each(['{nonsense', '[]', '"x"', '7', 'null', '{"endorsements":5,"issuedAt":"x"}'])(
    'starts empty if %s is stored',
    async (text) => {
      const inner = memoryStorage()
      let corrupt: string | undefined = text
      const storage: Storage = {
        get: (name) => corrupt ?? inner.get(name),
        set(name, value) {
          corrupt = undefined
          return inner.set(name, value)
        },
      }
      const { key } = await aKey({ seats: 1 })
      expect(await aClient({ storage }).activate(key)).toMatchObject({ status: 'valid' })
      expect(await aClient({ storage }).check()).toMatchObject({ source: 'online' })
    },
  )

  it('takes one seat for two windows that activate concurrently', async () => {
    const { key } = await aKey({ seats: 1 })
    const inner = memoryStorage()
    const storage: Storage = {
      get: async (name) => inner.get(name),
      set: async (name, value) => inner.set(name, value),
    }
    const both = [aClient({ storage }).activate(key), aClient({ storage }).activate(key)]
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(['valid', 'valid'])
  })

  it('stores the newer of two responses in any order', async () => {
    const storage = memoryStorage()
    const { id } = await activated({ storage })
    const { slow, release } = aSlowClient(storage)
    service.proxy.reset()
    const checking = slow.check()
    while (!service.proxy.requests.includes('/api/verify'))
      await new Promise((go) => setTimeout(go, 5))
    await new Promise((go) => setTimeout(go, 50))
    service.test.time.now += 5000
    await admin(id, 'revoke')
    expect(await aClient({ storage }).check()).toMatchObject({ code: 'REVOKED' })
    release()
    await checking
    cut()
    expect(await aClient({ storage }).check()).toMatchObject({ code: 'REVOKED', source: 'kept' })
  })

  it.each([
    [200, '{"token":{"toString":1,"valueOf":1}}'],
    [400, '{"code":"INVALID_REQUEST","error":{"toString":1,"valueOf":1}}'],
  ])('uses its lease for %d %s', async (status, body) => {
    const { client } = await activated()
    service.proxy.instead = responding(status, 'application/json', body)
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('verifies a limited number of endorsements', async () => {
    const { client } = await activated()
    const mine = await signingKeyOf(toKey('mine'))
    const token = await signToken(mine, 'verdict', { code: 'VALID' }, { now: NOW })
    const verifySignature = jest.spyOn(crypto.subtle, 'verify')
    for (const endorsements of ['A'.repeat(1_000_000), Array(100_000).fill(token), 7, null]) {
      service.proxy.instead = (request, response) => {
        const isKeys = request.url?.includes('jwks')
        const body = JSON.stringify(isKeys ? { endorsements } : { token })
        return responding(200, 'application/json', body)(request, response)
      }
      expect(await client.check()).toMatchObject({ source: 'lease' })
    }
    expect(verifySignature.mock.calls.length).toBeLessThan(50)
  })

  it('throws without a storage', () => {
    const { storage: _, ...options } = {
      url: service.proxy.url,
      keys: service.keys,
      storage: undefined,
    }
    expect(() => createLicenseClient(options)).toThrow(TypeError)
  })

  it.each([
    ['keys', { keys: undefined }],
    ['usable keys', { keys: [] }],
    ['a usable url', { url: 'licenses.example.com' }],
  ])('throws without %s', (_, options) => {
    expect(() => aClient(options as never)).toThrow(TypeError)
  })

  it('reports missing Ed25519 before it takes a seat', async () => {
    const { key } = await aKey()
    const [first] = service.keys.keys
    if (!first) throw new Error('There is no key')
    const client = aClient({ keys: { keys: [{ ...first, crv: 'Ed448' }] } })
    expect(await client.activate(key)).toMatchObject({ status: 'unknown', code: 'UNSUPPORTED' })
    expect(service.proxy.requests).toEqual([])
  })

  it('rejects with an exception of onChange after storing the lease', async () => {
    const storage = memoryStorage()
    const { key } = await aKey()
    const faulty = aClient({
      storage,
      onChange: () => {
        throw new Error('an error of the app')
      },
    })
    await expect(faulty.activate(key)).rejects.toThrow('an error of the app')
    cut()
    expect(await aClient({ storage }).check()).toMatchObject({ source: 'lease' })
  })

  it('does not restore a license that another window deactivated', async () => {
    const storage = memoryStorage()
    const { client } = await activated({ storage })
    const other = aClient({ storage })
    const { slow, release } = aSlowClient(storage)
    const checking = slow.check()
    while (!service.proxy.requests.includes('/api/verify'))
      await new Promise((go) => setTimeout(go, 5))
    await other.deactivate()
    release()
    await checking
    expect(await client.check()).toMatchObject({ code: 'NO_LICENSE' })
  })

  it('stores its state in one file that only its owner can read', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'license-client-'))
    const file = path.join(directory, 'deep', 'license.json')
    await activated({ storage: fileStorage(file) })
    cut()
    expect(await aClient({ storage: fileStorage(file) }).check()).toMatchObject({ source: 'lease' })
    expect(await readdir(path.dirname(file))).toEqual(['license.json'])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(path.dirname(file))).toEqual(['license.json'])
    const [one, two] = [fileStorage(file), fileStorage(file)]
    for (let round = 0; round < 20; round++) {
      await Promise.all([one.set('one', 'x'.repeat(300_000)), two.set('two', `${round}`)])
      expect(await two.get('two')).toBe(`${round}`)
      expect(await one.get('one')).toHaveLength(300_000)
    }
    await writeFile(file, '{ is no JSON')
    expect(await one.get('one')).toBeUndefined()
    await expect(fileStorage(directory).get('x')).rejects.toThrow('EISDIR')
    await expect(fileStorage(directory).set('x', 'y')).rejects.toThrow()
    await rm(directory, { recursive: true })
  })
})
