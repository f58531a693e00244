import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { secretReader } from '../../../../lib/lambda/sdkRuntime.ts'
import { createSecretCache, type SecretCache } from '../../../../lib/lambda/secretCache.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../../../scripts/local/secretsManager.ts'
import { NOW } from '../../../support/licenses.ts'

const MINUTE = 60 * 1000
const HOUR = 60 * MINUTE

let service: LocalSecretsManager
let cache: SecretCache
let now: number

beforeEach(async () => {
  service = await startSecretsManager({ token: 'first' })
  now = NOW
  const client = new SecretsManagerClient({
    endpoint: service.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  cache = createSecretCache(secretReader(client), () => now, 'optional')
})
afterEach(() => service.stop())

const read = async (SecretId = 'token') =>
  (await cache.send(new GetSecretValueCommand({ SecretId }))).SecretString

const reads = () => service.reads.get('token') ?? 0

/** Waits for the given number of reads, and for the last response to be cached. */
async function waitForReads(times: number) {
  while (reads() < times) await new Promise(setImmediate)
  await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('the secret cache', () => {
  it('fetches once in five minutes, also for concurrent calls', async () => {
    expect(await Promise.all([read(), read(), read()])).toEqual(['first', 'first', 'first'])
    now += 5 * MINUTE - 1
    service.secrets.set('token', 'second')
    expect(await read()).toBe('first')
    expect(reads()).toBe(1)
  })

  it('returns the cached value while it fetches a newer one', async () => {
    await read()
    service.secrets.set('token', 'second')
    now += 5 * MINUTE
    expect(await read()).toBe('first')
    await waitForReads(2)
    expect(await read()).toBe('second')
    expect(reads()).toBe(2)
  })

  it('reads a missing optional secret as empty until it exists, and no other secret', async () => {
    expect(await read('optional')).toBe('{}')
    service.secrets.set('optional', '{"1":"made"}')
    expect(await read('optional')).toBe('{}')
    now += 10 * MINUTE
    expect(await read('optional')).toBe('{"1":"made"}')
    await expect(read('another')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  // The error for a missing secret depends on the role, and the local service does not return this one.
  it('treats a denied optional secret as missing, but no other error', async () => {
    const refusing = (name: string) => () =>
      Promise.reject(new SecretsManagerServiceException({ name, $fault: 'client', $metadata: {} }))
    const command = new GetSecretValueCommand({ SecretId: 'optional' })
    const send = (name: string, optional?: string) =>
      createSecretCache(refusing(name), () => now, optional).send(command)
    expect(await send('AccessDeniedException', 'optional')).toMatchObject({ SecretString: '{}' })
    for (const [name, optional] of [
      ['AccessDeniedException', undefined],
      ['InternalServiceError', 'optional'],
      ['ThrottlingException', 'optional'],
    ] as const) {
      await expect(send(name, optional)).rejects.toMatchObject({ name })
    }
  })

  it('keeps the value of an optional secret that was deleted, for a day', async () => {
    service.secrets.set('optional', '{"1":"made"}')
    expect(await read('optional')).toBe('{"1":"made"}')
    service.secrets.delete('optional')
    now += 10 * MINUTE
    expect(await read('optional')).toBe('{"1":"made"}')
    now += 24 * HOUR
    expect(await read('optional')).toBe('{}')
  })

  it('waits for the newer value after ten minutes', async () => {
    await read()
    service.secrets.set('token', 'second')
    now += 10 * MINUTE
    expect(await read()).toBe('second')
  })

  it('returns the cached value for a day while the service is unavailable', async () => {
    await read()
    service.broken = true
    now += 24 * HOUR - 1
    expect(await read()).toBe('first')
    now += 1
    await expect(read()).rejects.toMatchObject({ name: 'InternalServiceError' })
  })

  it('retries an unavailable service every five seconds at most, and recovers', async () => {
    await read()
    service.broken = true
    now += 10 * MINUTE
    await read()
    await read()
    expect(reads()).toBe(2)
    service.broken = false
    service.secrets.set('token', 'second')
    now += 5000
    expect(await read()).toBe('second')
  })

  it('fails without a cached value, and retries each time', async () => {
    service.broken = true
    await expect(read()).rejects.toMatchObject({ name: 'InternalServiceError' })
    service.broken = false
    expect(await read()).toBe('first')
  })

  it('caches each secret by its id', async () => {
    service.secrets.set('other', 'else')
    expect([await read('token'), await read('other')]).toEqual(['first', 'else'])
  })

  it('primes without failing', async () => {
    await cache.prime(['token', 'missing'])
    expect(await read()).toBe('first')
    expect(reads()).toBe(1)
  })

  it('fetches newer values after `expire`, and falls back to the cached ones', async () => {
    await read()
    service.secrets.set('token', 'second')
    now += 5000
    cache.expire()
    service.broken = true
    expect(await read()).toBe('first')
    service.broken = false
    now += 5000
    expect(await read()).toBe('second')
  })
})
