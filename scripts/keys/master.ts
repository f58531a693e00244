import { randomBytes } from 'node:crypto'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { readSecret } from '../../lib/lambda/secrets.ts'
import { replaceSecret } from './replace.ts'

type Client = Pick<SecretsManagerClient, 'send'>
type Keys = Readonly<Record<string, string>>

interface MasterSecrets {
  /** Where the master key is that makes new keys. */
  readonly current: string
  /** Where those are that made keys before. */
  readonly older: string
}

export interface Replaced {
  readonly from: string
  readonly to: string
}

const TAKEN = 'Somebody else changed the master keys at the same moment; do it again'

/**
 * Replaces the master key. The one that is in use is first put to the older ones, so that whoever stops in between has
 * lost nothing, and can do it again. Of two who do so at the same moment one is refused.
 *
 * @param key the text of the new one
 * @throws Error in a line, without any text: they are secrets
 */
export async function replaceMasterKey(
  client: Client,
  { current, older }: MasterSecrets,
  key = randomBytes(32).toString('hex'),
): Promise<Replaced> {
  const text = await textOf(client, current)
  if (text === undefined) throw new Error(`There is no secret ${current}`)
  const held = keysIn(text, current)
  const kept = await keep(client, older, held.keys)
  return replaceSecret(
    client,
    current,
    async (now) => {
      if (now !== text) throw new Error(TAKEN)
      const to = `${Math.max(0, ...Object.keys(kept).map(Number).filter(Number.isInteger)) + 1}`
      return [JSON.stringify({ current: to, [to]: key }), { from: held.current, to }]
    },
    TAKEN,
  )
}

/** Adds to the older master keys what is not among them. Answers all of them. */
async function keep(client: Client, SecretId: string, keys: Keys): Promise<Keys> {
  const join = (text: string) => {
    const before = olderKeysIn(text, SecretId)
    const differs = Object.keys(keys).find(
      (version) => (before[version] ?? keys[version]) !== keys[version],
    )
    if (differs !== undefined) {
      throw new Error(
        `The secret ${SecretId} holds another master key of version "${differs}": mend it first`,
      )
    }
    return { ...before, ...keys }
  }
  if ((await textOf(client, SecretId)) === undefined) {
    const create = client.send(
      new CreateSecretCommand({
        Name: SecretId,
        Description:
          'The master keys that license keys were made with before, as {"<version>":"<key>"}',
        SecretString: JSON.stringify(keys),
      }),
    )
    await create.catch((cause: unknown) => {
      throw cause instanceof ResourceExistsException ? new Error(TAKEN, { cause }) : cause
    })
    return keys
  }
  return replaceSecret(
    client,
    SecretId,
    async (text) => {
      const joined = join(text)
      return [JSON.stringify(joined), joined]
    },
    TAKEN,
  )
}

async function textOf(client: Client, SecretId: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? ''
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return
    throw error
  }
}

function keysIn(text: string, SecretId: string): { readonly current: string; readonly keys: Keys } {
  const { current, keys } = read('masterKeys', text, SecretId)
  return { current, keys: toTexts(keys) }
}

const olderKeysIn = (text: string, SecretId: string) =>
  toTexts(read('olderMasterKeys', text, SecretId))

const toTexts = (keys: ReturnType<typeof readSecret<'olderMasterKeys'>>): Keys =>
  Object.fromEntries([...keys].map(([version, key]) => [version, key.export().toString('utf8')]))

function read<Name extends 'masterKeys' | 'olderMasterKeys'>(
  name: Name,
  text: string,
  SecretId: string,
) {
  try {
    return readSecret(name, text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error(`The secret ${SecretId} cannot be read as master keys: mend it first`)
  }
}
