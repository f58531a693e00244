import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { aRuntime, secretLoader, type TestRuntime } from '../../../support/runtime.ts'

const HOUR = 60 * 60 * 1000

let test: TestRuntime

beforeAll(async () => {
  test = await aRuntime()
})
afterAll(() => test.stop())

/** Stores the text in Secrets Manager and returns the secret as a handler gets it. */
async function load<
  Name extends 'masterKeys' | 'olderMasterKeys' | 'pepper' | 'adminToken' | 'stripe',
>(name: Name, text: string) {
  const { secretIds } = test.runtime
  test.secretsManager.secrets.set(secretIds[name] ?? '', text)
  test.time.now += HOUR
  return (await secretLoader(test.runtime, [name])())[name]
}

describe('secrets in the context', () => {
  it('parse a bare text as the only master key', async () => {
    const ring = await load('masterKeys', 'dev_master_key')
    expect(ring.current).toBe('1')
    expect([...ring.keys].map(([version, key]) => [version, `${key.export()}`])).toEqual([
      ['1', 'dev_master_key'],
    ])
  })

  it('parse older master keys by version, and none while the secret is missing', async () => {
    const texts = async (text: string) =>
      [...(await load('olderMasterKeys', text))].map(([version, key]) => [
        version,
        `${key.export()}`,
      ])
    expect(await texts('{"1":"old","2":"schlüssel 🔑"}')).toEqual([
      ['1', 'old'],
      ['2', 'schlüssel 🔑'],
    ])
    test.secretsManager.secrets.delete('test/older-master-keys')
    // Long enough that the cached value is dropped.
    test.time.now += 24 * HOUR
    const loader = secretLoader(test.runtime, ['olderMasterKeys'])
    expect((await loader()).olderMasterKeys.size).toBe(0)
  })

  it('parse a ring of master keys as UTF-8', async () => {
    const ring = await load('masterKeys', '{"current":"2","1":"old","2":"schlüssel 🔑"}')
    expect(ring.current).toBe('2')
    expect(Object.fromEntries([...ring.keys].map(([v, key]) => [v, `${key.export()}`]))).toEqual({
      '1': 'old',
      '2': 'schlüssel 🔑',
    })
  })

  it('parse pepper and token as bare text, and Stripe’s secrets as a list', async () => {
    expect(`${(await load('pepper', 'some pepper')).export()}`).toBe('some pepper')
    expect(`${(await load('adminToken', 'some_token')).export()}`).toBe('some_token')
    const { webhookSecrets } = await load('stripe', '{"webhookSecrets":["whsec_a","whsec_b"]}')
    expect(webhookSecrets.map((key) => `${key.export()}`)).toEqual(['whsec_a', 'whsec_b'])
  })

  it('parse the empty list of a new deployment', async () => {
    expect(await load('stripe', '{"webhookSecrets":[]}')).toEqual({ webhookSecrets: [] })
  })

  it.each([
    ['masterKeys', ''],
    ['masterKeys', '{}'],
    ['masterKeys', '{"current":"2","1":"old"}'],
    ['masterKeys', '{"current":"1","1":""}'],
    ['masterKeys', '{"current":"1","1":7}'],
    ['masterKeys', '{"current":"current"}'],
    ['masterKeys', '["a"]'],
    ['masterKeys', '{"current":'],
    ['olderMasterKeys', ''],
    ['olderMasterKeys', 'bare'],
    ['olderMasterKeys', '{"1":""}'],
    ['pepper', ''],
    ['pepper', '{"pepper":"x"}'],
    ['adminToken', ''],
    ['stripe', 'whsec_bare'],
    ['stripe', '{"webhookSecrets":"whsec_a"}'],
    ['stripe', '{"webhookSecrets":[""]}'],
  ] as const)(
    'are unavailable while %s is %j, and recover once it is corrected',
    async (name, text) => {
      const failure: unknown = await load(name, text).catch((error: unknown) => error)
      expect(failure).toMatchObject({ name: 'Problem', code: 'UNAVAILABLE' })
      const good = {
        masterKeys: 'good',
        olderMasterKeys: '{"1":"good"}',
        pepper: 'good',
        adminToken: 'good',
        stripe: '{"webhookSecrets":["good"]}',
      }
      await load(name, good[name])
    },
  )

  it('cannot be requested by a function that was not given one', () => {
    expect(() => secretLoader({ ...test.runtime, secretIds: {} }, ['pepper'])).toThrow(
      'The function was not given the secret pepper',
    )
  })

  it('are keys that cannot be printed', async () => {
    const secrets = {
      ring: await load('masterKeys', '{"current":"2","1":"hush_1","2":"hush_2"}'),
      pepper: await load('pepper', 'hush_pepper'),
      stripe: await load('stripe', '{"webhookSecrets":["hush_stripe"]}'),
    }
    const shown = [
      inspect(secrets, { depth: 9, showHidden: true }),
      JSON.stringify(secrets),
      `${secrets.pepper}`,
      JSON.stringify([...secrets.ring.keys.values()]),
    ]
    expect(shown.join()).not.toContain('hush')
  })
})

describe('a secret that became unreadable', () => {
  it.each([
    ['masterKeys', '{"current":"1","1":"good"}', '{"current":"1",'],
    ['masterKeys', 'good', '\n{"current":"1","1":"good"}'],
    ['pepper', 'good', ' {"pepper":"good"}'],
    ['signingKeys', 'good', '{"keys":['],
    ['signingKeys', 'good', '\uFEFF{"keys":[{"secret":"good","signsFrom":0}],"endorsements":[]}'],
    ['signingKeys', 'good', 'two words'],
  ] as const)(
    '%s stays in use as before, with an error in the log: %s, then %j',
    async (name, good, bad) => {
      const loader = secretLoader(test.runtime, [name])
      const { secretIds, secretCache } = test.runtime
      const text = secretIds[name] ?? ''
      test.secretsManager.secrets.set(text, good)
      secretCache.expire()
      test.time.now += HOUR
      const first = (await loader())[name]
      test.secretsManager.secrets.set(text, bad)
      test.time.now += HOUR
      test.lines.length = 0
      expect((await loader())[name]).toBe(first)
      expect((await loader())[name]).toBe(first)
      expect(test.lines.join()).toContain('secret cannot be parsed, using the previous one')
      expect(test.lines.join()).not.toContain('good')
      test.secretsManager.secrets.set(text, good)
      test.time.now += HOUR
      expect((await loader())[name]).toBe(first)
      // A new function has no previous one.
      test.secretsManager.secrets.set(text, bad)
      test.time.now += HOUR
      await expect(secretLoader(test.runtime, [name])()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      })
    },
  )
})
