import type { KeyObject } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { MiddlewareObj } from '@middy/core'
import middySecretsManager from '@middy/secrets-manager'
import { getInternal, jsonSafeParse } from '@middy/util'
import type { Context } from 'aws-lambda'
import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import type { SecretName } from '../config.ts'
import { Problem } from '../http/problem.ts'
import { type Keys, MasterKeyFault } from '../license/index.ts'
import type { SigningRing } from '../signing/ring.ts'
import { parseRingSecret, toKey, toRing } from '../signing/secret.ts'
import type { CoreRuntime } from './runtime.ts'
import type { SecretCache } from './secretCache.ts'

/** The secrets as keys, which neither a log nor JSON can show. */
export interface Secrets {
  readonly masterKeys: Keys['ring']
  /** The master keys of earlier versions, by version. */
  readonly olderMasterKeys: Keys['ring']['keys']
  readonly pepper: KeyObject
  readonly adminToken: KeyObject
  readonly signingKeys: SigningRing
  readonly stripe: {
    readonly webhookSecrets: readonly KeyObject[]
    /** A restricted key for Stripe's API, if lookups are allowed. */
    readonly apiKey: KeyObject | undefined
  }
}

const keyText = z.string().check(z.minLength(1))
/** A secret that is the key itself. A text that begins like JSON but is none is an operator's mistake, and no key. */
const bareKeyText = keyText.check(z.regex(/^(?!\s*[{["])/))
const stripeSecret = z.object({ webhookSecrets: z.array(keyText), apiKey: z.optional(keyText) })

/** The secrets from which every license key can be derived again. */
export const KEY_SECRETS = ['masterKeys', 'olderMasterKeys', 'pepper'] as const

/** Returns the key ring with the older master keys in it. */
export const toKeys = (
  { masterKeys, olderMasterKeys, pepper }: Pick<Secrets, (typeof KEY_SECRETS)[number]>,
  { prefix }: Pick<Catalog, 'prefix'>,
): Keys => ({
  ring: { ...masterKeys, keys: new Map([...olderMasterKeys, ...masterKeys.keys]) },
  pepper,
  prefix,
})

/** The version of a master key that is given as bare text. */
const BARE_KEY_VERSION = '1'

const parseKeys = (texts: Readonly<Record<string, string>>) =>
  new Map(Object.entries(texts).map(([version, text]) => [version, toKey(text)]))

const PARSERS: { readonly [Name in keyof Secrets]: (value: unknown) => Secrets[Name] } = {
  /** `{"current": "2", "2": "<key>"}`, or the only master key as bare text. */
  masterKeys(value) {
    if (typeof value === 'string') {
      const only = toKey(z.parse(bareKeyText, value))
      return { current: BARE_KEY_VERSION, keys: new Map([[BARE_KEY_VERSION, only]]) }
    }
    const { current, ...texts } = z.parse(z.record(z.string(), keyText), value)
    const keys = parseKeys(texts)
    return { current: z.parse(z.literal([...keys.keys()]), current), keys }
  },
  /** `{"1": "<key>"}`. */
  olderMasterKeys: (value) => parseKeys(z.parse(z.record(z.string(), keyText), value)),
  pepper: (value) => toKey(z.parse(bareKeyText, value)),
  adminToken: (value) => toKey(z.parse(bareKeyText, value)),
  signingKeys: (value) => toRing(parseRingSecret(value)),
  /** `{"webhookSecrets": ["whsec_…"], "apiKey": "rk_…"}`: several secrets during a rotation, and optionally an API key. */
  stripe(value) {
    const { webhookSecrets, apiKey } = z.parse(stripeSecret, value)
    return {
      webhookSecrets: webhookSecrets.map(toKey),
      apiKey: apiKey === undefined ? undefined : toKey(apiKey),
    }
  },
}

/**
 * Parses the text of a secret as the functions do.
 *
 * @throws ZodError for a text that no function can use
 */
export const parseSecret = <Name extends SecretName>(name: Name, text: string): Secrets[Name] =>
  PARSERS[name](jsonSafeParse(text))

/** The context of a handler behind `secretsManager`. */
export type WithSecrets<Name extends SecretName> = Context & { secrets: Pick<Secrets, Name> }

type SecretSource = Pick<CoreRuntime, 'log' | 'secretCache' | 'secretIds'>

/**
 * Returns Middy's Secrets Manager middleware on the cache of the runtime, and a second middleware that turns the texts into
 * keys: `context.secrets` has the named ones and no other. A request fails with Problem `UNAVAILABLE` while a secret cannot
 * be fetched or parsed.
 *
 * @throws Error if the function was not given one of the secrets
 */
export function secretsManager<Name extends SecretName>(
  runtime: SecretSource,
  names: readonly Name[],
) {
  const fetchData = Object.fromEntries(
    names.map((name) => {
      const id = runtime.secretIds[name]
      if (id === undefined) throw new Error(`The function was not given the secret ${name}`)
      return [name, id]
    }),
  )
  return [
    middySecretsManager({
      AwsClient: asClient(runtime.secretCache),
      fetchData,
      // The cache of the runtime replaces Middy's.
      cacheExpiry: 0,
      disablePrefetch: true,
    }),
    parseSecrets(runtime, names),
  ]
}

function parseSecrets<Name extends SecretName>(
  { log, secretCache }: SecretSource,
  names: readonly Name[],
): MiddlewareObj<unknown, unknown, Error, WithSecrets<Name>> {
  const parsed = new Map<Name, { readonly text: string; readonly secret: Secrets[Name] }>()

  /** Parses each text once. A text that cannot be parsed is an operator's mistake, so the previous secret stays in use. */
  function parse(name: Name, value: unknown): Secrets[Name] {
    const text = JSON.stringify(value)
    const previous = parsed.get(name)
    if (previous?.text === text) return previous.secret
    try {
      const secret: Secrets[Name] = PARSERS[name](value)
      parsed.set(name, { text, secret })
      return secret
    } catch (error) {
      if (!previous) throw error
      secretCache.expire()
      log.error('secret cannot be parsed, using the previous one', { secret: name })
      return previous.secret
    }
  }

  return {
    async before(request) {
      try {
        const values: Record<string, unknown> = await getInternal([...names], request)
        const secrets = names.map((name) => [name, parse(name, values[name])])
        request.context.secrets = Object.fromEntries(secrets)
      } catch (cause) {
        secretCache.expire()
        throw new Problem('UNAVAILABLE', { cause })
      }
    },
  }
}

/** Lets Middy construct the cache in place of `SecretsManagerClient`. */
function asClient(cache: SecretCache) {
  return function CachingClient() {
    return cache
  } as unknown as typeof SecretsManagerClient
}

/**
 * Returns a handler that calls `chain` once more, with newly fetched secrets, if the key ring lacks a master key: another
 * instance may have seen a newer ring.
 */
export const retryOnMasterKeyFault =
  <Event, Result>(
    { secretCache }: Pick<CoreRuntime, 'secretCache'>,
    chain: (event: Event, context: never) => Promise<Result>,
  ) =>
  async (event: Event, context: Context): Promise<Result> => {
    try {
      return await chain(event, context as never)
    } catch (error) {
      if (!(error instanceof MasterKeyFault)) throw error
      secretCache.expire()
      return chain(event, context as never)
    }
  }
