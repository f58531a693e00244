import { randomBytes } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type Rotated, rotate } from '../../lib/signing/rotate.ts'
import { parseRingSecret, type RingSecret } from '../../lib/signing/secret.ts'
import { updateSecret } from './updateSecret.ts'

/** 256 bits, like an Ed25519 key. */
const createKey = () => randomBytes(32).toString('base64url')

function parseRing(text: string, SecretId: string): RingSecret {
  try {
    return parseRingSecret(text.startsWith('{') ? JSON.parse(text) : text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error(`The secret ${SecretId} contains no signing keys: correct it first`)
  }
}

/**
 * Rotates the signing keys in a secret.
 *
 * @param now milliseconds since the epoch
 * @throws Error, without a part of the secret, if it is invalid or another rotation runs at the same time
 */
export function rotateSigningKeys(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  now: number,
  isLeaked: boolean,
): Promise<Rotated> {
  return updateSecret(
    client,
    SecretId,
    async (text) => {
      const rotated = await rotate(parseRing(text, SecretId), createKey(), now, isLeaked)
      return [JSON.stringify(rotated.ring), rotated]
    },
    'Another rotation ran at the same time; nothing was changed',
  )
}
