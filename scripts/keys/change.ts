import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { type Rotated, rotate } from '../../lib/signing/rotate.ts'
import { parseRingSecret, type RingSecret } from '../../lib/signing/secret.ts'

/** 256 bits, as the key itself. */
const newSecret = () => randomBytes(32).toString('base64url')

/** @throws Error in a line, without the text: it is a secret */
function ringIn(text: string, SecretId: string): RingSecret {
  try {
    return parseRingSecret(text.startsWith('{') ? JSON.parse(text) : text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error(`The secret ${SecretId} holds no signing keys: mend it first`)
  }
}

/**
 * Rotates the ring in a secret. Of two who do so at the same moment one is refused: the new version is named after the
 * one that it was made of, and Secrets Manager takes a name once.
 *
 * @param now milliseconds since the epoch
 */
export async function changeRing(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  now: number,
  isLeaked: boolean,
): Promise<Rotated> {
  const read = async () => {
    const { SecretString = '', VersionId = '' } = await client.send(
      new GetSecretValueCommand({ SecretId }),
    )
    return { text: SecretString, version: VersionId }
  }
  const { text, version } = await read()
  const rotated = await rotate(ringIn(text, SecretId), newSecret(), now, isLeaked)
  const write = (ClientRequestToken: string) =>
    client.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken,
        SecretString: JSON.stringify(rotated.ring),
      }),
    )
  try {
    await write(createHash('sha256').update(version).digest('hex'))
  } catch (cause) {
    if (!(cause instanceof ResourceExistsException)) throw cause
    if ((await read()).version !== version) {
      throw new Error('Somebody else rotated the keys at the same moment; nothing was done', {
        cause,
      })
    }
    // Nobody else did: the name is of a version that was made of this one before somebody put this one back.
    await write(randomUUID())
  }
  return rotated
}
