import { randomBytes } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type Rotated, rotate } from '../../lib/signing/rotate.ts'
import { parseRingSecret, type RingSecret } from '../../lib/signing/secret.ts'
import { replaceSecret } from './replace.ts'

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
 * Rotates the ring in a secret. Of two who do so at the same moment one is refused.
 *
 * @param now milliseconds since the epoch
 */
export function changeRing(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  now: number,
  isLeaked: boolean,
): Promise<Rotated> {
  return replaceSecret(
    client,
    SecretId,
    async (text) => {
      const rotated = await rotate(ringIn(text, SecretId), newSecret(), now, isLeaked)
      return [JSON.stringify(rotated.ring), rotated]
    },
    'Somebody else rotated the keys at the same moment; nothing was done',
  )
}
