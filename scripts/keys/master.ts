import { randomBytes } from 'node:crypto'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { parseSecret } from '../../lib/lambda/secrets.ts'
import { updateSecret } from './updateSecret.ts'

type Client = Pick<SecretsManagerClient, 'send'>
type Keys = Readonly<Record<string, string>>

interface MasterSecrets {
  /** The name of the secret with the master key that derives new keys. */
  readonly current: string
  /** The name of the secret with earlier master keys. */
  readonly older: string
}

/** The versions of the master keys. */
interface Replaced {
  readonly from: string
  readonly to: string
}

const CONFLICT = 'Another rotation ran at the same time; run the command again'

/**
 * Replaces the master key. Adds the current one to the older ones first, so that an interruption loses no key and the
 * command can be repeated. Of two concurrent replacements one is rejected.
 *
 * @param key the new master key
 * @throws Error, without a part of the secrets
 */
export async function replaceMasterKey(
  client: Client,
  { current, older }: MasterSecrets,
  key = randomBytes(32).toString('hex'),
): Promise<Replaced> {
  const text = await readText(client, current)
  if (text === undefined) throw new Error(`There is no secret ${current}`)
  const ring = parse('masterKeys', text, current)
  const olderKeys = await addOlderKeys(client, older, toTexts(ring.keys))
  return updateSecret(
    client,
    current,
    async (now) => {
      if (now !== text) throw new Error(CONFLICT)
      const versions = Object.keys(olderKeys).map(Number).filter(Number.isInteger)
      const to = `${Math.max(0, ...versions) + 1}`
      return [JSON.stringify({ current: to, [to]: key }), { from: ring.current, to }]
    },
    CONFLICT,
  )
}

/** Adds keys to the secret with the older master keys and returns all of them. */
async function addOlderKeys(client: Client, SecretId: string, keys: Keys): Promise<Keys> {
  if ((await readText(client, SecretId)) === undefined) {
    await createOlderKeys(client, SecretId, keys)
    return keys
  }
  return updateSecret(
    client,
    SecretId,
    async (text) => {
      const before = toTexts(parse('olderMasterKeys', text, SecretId))
      const differing = Object.keys(keys).find(
        (version) => (before[version] ?? keys[version]) !== keys[version],
      )
      if (differing !== undefined) {
        throw new Error(
          `The secret ${SecretId} contains another master key of version "${differing}": correct it first`,
        )
      }
      const all = { ...before, ...keys }
      return [JSON.stringify(all), all]
    },
    CONFLICT,
  )
}

async function createOlderKeys(client: Client, Name: string, keys: Keys): Promise<void> {
  try {
    await client.send(
      new CreateSecretCommand({
        Name,
        Description: 'Earlier master keys of license keys, as {"<version>":"<key>"}',
        SecretString: JSON.stringify(keys),
      }),
    )
  } catch (cause) {
    throw cause instanceof ResourceExistsException ? new Error(CONFLICT, { cause }) : cause
  }
}

async function readText(client: Client, SecretId: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? ''
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return
    throw error
  }
}

const toTexts = (keys: ReturnType<typeof parseSecret<'olderMasterKeys'>>): Keys =>
  Object.fromEntries([...keys].map(([version, key]) => [version, key.export().toString('utf8')]))

function parse<Name extends 'masterKeys' | 'olderMasterKeys'>(
  name: Name,
  text: string,
  SecretId: string,
) {
  try {
    return parseSecret(name, text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error(`The secret ${SecretId} contains no valid master keys: correct it first`)
  }
}
