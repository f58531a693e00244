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

/** Until the service was asked this often, and a moment more for the answer to be kept. */
async function askedInTheBackground(times: number) {
  while (reads() < times) await new Promise(setImmediate)
  await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('the secret cache', () => {
  it('asks once in five minutes, however many ask it at once', async () => {
    expect(await Promise.all([read(), read(), read()])).toEqual(['first', 'first', 'first'])
    now += 5 * MINUTE - 1
    service.secrets.set('token', 'second')
    expect(await read()).toBe('first')
    expect(reads()).toBe(1)
  })

  it('answers what it holds while it fetches what is newer', async () => {
    await read()
    service.secrets.set('token', 'second')
    now += 5 * MINUTE
    expect(await read()).toBe('first')
    await askedInTheBackground(2)
    expect(await read()).toBe('second')
    expect(reads()).toBe(2)
  })

  it('reads a secret that there need not be as empty until it is made, and no other one', async () => {
    expect(await read('optional')).toBe('{}')
    service.secrets.set('optional', '{"1":"made"}')
    expect(await read('optional')).toBe('{}')
    now += 10 * MINUTE
    expect(await read('optional')).toBe('{"1":"made"}')
    await expect(read('another')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  // What AWS says of a secret that is not there depends on how a role names it; no service here says it.
  it('takes a refusal for absence where there need not be any, but no fault of the service', async () => {
    const refusing = (name: string) => () =>
      Promise.reject(new SecretsManagerServiceException({ name, $fault: 'client', $metadata: {} }))
    const command = new GetSecretValueCommand({ SecretId: 'optional' })
    const asked = (name: string, optional?: string) =>
      createSecretCache(refusing(name), () => now, optional).send(command)
    expect(await asked('AccessDeniedException', 'optional')).toMatchObject({ SecretString: '{}' })
    for (const [name, optional] of [
      ['AccessDeniedException', undefined],
      ['InternalServiceError', 'optional'],
      ['ThrottlingException', 'optional'],
    ] as const) {
      await expect(asked(name, optional)).rejects.toMatchObject({ name })
    }
  })

  it('goes on with what it read of it once, when that is gone or may not be read any more', async () => {
    service.secrets.set('optional', '{"1":"made"}')
    expect(await read('optional')).toBe('{"1":"made"}')
    service.secrets.delete('optional')
    now += 10 * MINUTE
    expect(await read('optional')).toBe('{"1":"made"}')
    now += 24 * HOUR
    expect(await read('optional')).toBe('{}')
  })

  it('waits for the newer one after ten minutes', async () => {
    await read()
    service.secrets.set('token', 'second')
    now += 10 * MINUTE
    expect(await read()).toBe('second')
  })

  it('answers what it holds for a day while the service does not answer', async () => {
    await read()
    service.broken = true
    now += 24 * HOUR - 1
    expect(await read()).toBe('first')
    now += 1
    await expect(read()).rejects.toMatchObject({ name: 'InternalServiceError' })
  })

  it('asks a service that does not answer at most every five seconds, and recovers by itself', async () => {
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

  it('fails while there is nothing to answer, and asks anew each time', async () => {
    service.broken = true
    await expect(read()).rejects.toMatchObject({ name: 'InternalServiceError' })
    service.broken = false
    expect(await read()).toBe('first')
  })

  it('keeps secrets apart', async () => {
    service.secrets.set('other', 'else')
    expect([await read('token'), await read('other')]).toEqual(['first', 'else'])
  })

  it('fetches ahead without ever failing', async () => {
    await cache.prime(['token', 'missing'])
    expect(await read()).toBe('first')
    expect(reads()).toBe(1)
  })

  it('asks for newer values once told that what it holds is old, and keeps that for need', async () => {
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
