import type { KeyObject } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import secretsManager from '@middy/secrets-manager'
import { getInternal, jsonSafeParse } from '@middy/util'
import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import type { SecretName } from '../config.ts'
import { Problem } from '../http/problem.ts'
import type { KeyRing, Keys } from '../license/index.ts'
import type { SigningRing } from '../signing/ring.ts'
import { parseRingSecret, toKey, toRing } from '../signing/secret.ts'
import type { Runtime } from './runtime.ts'
import type { SecretCache } from './secretCache.ts'

/** The secrets as the program sees them: as keys, which no log and no JSON can show. */
export interface Secrets {
  readonly masterKeys: KeyRing
  /** Those that made keys before, by version. */
  readonly olderMasterKeys: KeyRing['keys']
  readonly pepper: KeyObject
  readonly adminToken: KeyObject
  readonly signingKeys: SigningRing
  readonly stripe: {
    readonly webhookSecrets: readonly KeyObject[]
    /** For the few questions that an event leaves open. */
    readonly apiKey: KeyObject | undefined
  }
}

const keyText = z.string().check(z.minLength(1))
/** A secret that is the key itself. What begins like JSON and could not be read is a slip of whoever edited it. */
const bareKeyText = keyText.check(z.regex(/^(?!\s*[{["])/))
const stripeSecret = z.object({ webhookSecrets: z.array(keyText), apiKey: z.optional(keyText) })

/** What shows keys that were sold needs: those of older master keys as well. */
export const KEY_SECRETS = ['masterKeys', 'olderMasterKeys', 'pepper'] as const

/** All that is needed to make every key again. */
export const keysOf = (
  { masterKeys, olderMasterKeys, pepper }: Pick<Secrets, (typeof KEY_SECRETS)[number]>,
  { prefix }: Pick<Catalog, 'prefix'>,
): Keys => ({
  ring: { ...masterKeys, keys: new Map([...olderMasterKeys, ...masterKeys.keys]) },
  pepper,
  prefix,
})

/** The only version of a master key that is given as a bare text, the way the seed has it. */
const BARE_KEY_VERSION = '1'

const keysIn = (texts: Readonly<Record<string, string>>) =>
  new Map(Object.entries(texts).map(([version, text]) => [version, toKey(text)]))

const READERS: { readonly [Name in keyof Secrets]: (value: unknown) => Secrets[Name] } = {
  /** `{"current": "2", "2": "<key>"}`, or the bare text of the only master key. */
  masterKeys(value) {
    if (typeof value === 'string') {
      const only = toKey(z.parse(bareKeyText, value))
      return { current: BARE_KEY_VERSION, keys: new Map([[BARE_KEY_VERSION, only]]) }
    }
    const { current, ...texts } = z.parse(z.record(z.string(), keyText), value)
    const keys = keysIn(texts)
    return { current: z.parse(z.literal([...keys.keys()]), current), keys }
  },
  /** `{"1": "<key>"}`. */
  olderMasterKeys: (value) => keysIn(z.parse(z.record(z.string(), keyText), value)),
  pepper: (value) => toKey(z.parse(bareKeyText, value)),
  adminToken: (value) => toKey(z.parse(bareKeyText, value)),
  signingKeys: (value) => toRing(parseRingSecret(value)),
  /** `{"webhookSecrets": ["whsec_…"], "apiKey": "rk_…"}`; several while one is being rolled, and no key if none is wanted. */
  stripe(value) {
    const { webhookSecrets, apiKey } = z.parse(stripeSecret, value)
    return {
      webhookSecrets: webhookSecrets.map(toKey),
      apiKey: apiKey === undefined ? undefined : toKey(apiKey),
    }
  },
}

/**
 * Reads a secret's text as the functions do.
 *
 * @throws ZodError for a text that no function could use
 */
export const readSecret = <Name extends SecretName>(name: Name, text: string): Secrets[Name] =>
  READERS[name](jsonSafeParse(text))

type SecretSource = Pick<Runtime, 'log' | 'secretCache' | 'secretIds'>

/**
 * Makes a loader of the named secrets, on Middy's Secrets Manager middleware. What it was asked for is all that the
 * caller's type lets it see.
 *
 * @throws Error at once for a secret that the function was not given.
 * @throws Problem `UNAVAILABLE` on loading, while a secret cannot be had or cannot be read.
 */
export function createSecretsLoader<Name extends SecretName>(
  { log, secretCache: cache, secretIds: ids }: SecretSource,
  names: readonly Name[],
): () => Promise<Pick<Secrets, Name>> {
  const fetchData = Object.fromEntries(
    names.map((name) => {
      const id = ids[name]
      if (id === undefined) throw new Error(`The function was not given the secret ${name}`)
      return [name, id]
    }),
  )
  const held = new Map<Name, { readonly text: string; readonly secret: Secrets[Name] }>()
  /**
   * What is made of a secret is made once: the same keys for the same text. A text that cannot be read is a slip of
   * whoever edited it, so what was held before goes on being used.
   */
  function read(name: Name, value: unknown): Secrets[Name] {
    const text = JSON.stringify(value)
    const known = held.get(name)
    if (known?.text === text) return known.secret
    try {
      const secret: Secrets[Name] = READERS[name](value)
      held.set(name, { text, secret })
      return secret
    } catch (error) {
      if (!known) throw error
      cache.expire()
      log.error('a secret cannot be read, so the one before is used', { secret: name })
      return known.secret
    }
  }

  const middleware = secretsManager({
    AwsClient: remembering(cache),
    fetchData,
    cacheExpiry: 0,
    disablePrefetch: true,
  })

  return async () => {
    try {
      const request = { internal: {} } as Parameters<NonNullable<typeof middleware.before>>[0]
      await middleware.before?.(request)
      const values: Record<string, unknown> = await getInternal([...names], request)
      return Object.fromEntries(names.map((name) => [name, read(name, values[name])])) as Pick<
        Secrets,
        Name
      >
    } catch (cause) {
      cache.expire()
      throw new Problem('UNAVAILABLE', { cause })
    }
  }
}

/** Middy makes its client with `new`; what it gets is the cache. */
function remembering(cache: SecretCache) {
  return function RememberingClient() {
    return cache
  } as unknown as typeof SecretsManagerClient
}
