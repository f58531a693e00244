import { createHash, randomBytes } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { type Rotated, rotate } from '../../lib/signing/rotate.ts'
import { parseRingSecret } from '../../lib/signing/secret.ts'

/** 256 bits, as the key itself. */
const newSecret = () => randomBytes(32).toString('base64url')

const jsonOrText = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text) : text)

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
  const { SecretString = '', VersionId = '' } = await client.send(
    new GetSecretValueCommand({ SecretId }),
  )
  const ring = parseRingSecret(jsonOrText(SecretString))
  const rotated = await rotate(ring, newSecret(), now, isLeaked)
  const ClientRequestToken = createHash('sha256').update(VersionId).digest('hex')
  const next = JSON.stringify(rotated.ring)
  try {
    await client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: next }),
    )
  } catch (cause) {
    if (!(cause instanceof ResourceExistsException)) throw cause
    throw new Error('Somebody else rotated the keys at the same moment; nothing was done', {
      cause,
    })
  }
  return rotated
}
