import { createSecretKey } from 'node:crypto'
import * as z from 'zod/mini'
import type { SigningRing } from './ring.ts'

const secretText = z.string().check(z.minLength(1))
const bareText = secretText.check(z.regex(/^\S+$/), z.regex(/^[^{["]/))

const ringSchema = z.object({
  keys: z.array(z.object({ secret: secretText, signsFrom: z.number() })).check(z.minLength(1)),
  endorsements: z.array(z.string()),
})

/** The content of the secret of the signing ring. */
export type RingSecret = z.output<typeof ringSchema>

/**
 * Parses the secret of the signing ring: `{"keys": [{"secret", "signsFrom"}], "endorsements": []}`, or the bare text of the
 * only key, as after the first deployment.
 *
 * @throws ZodError
 */
export function parseRingSecret(value: unknown): RingSecret {
  return typeof value === 'string'
    ? { keys: [{ secret: z.parse(bareText, value), signsFrom: 0 }], endorsements: [] }
    : z.parse(ringSchema, value)
}

export const toKey = (text: string) => createSecretKey(Buffer.from(text, 'utf8'))

/** Returns the ring with its secrets as `KeyObject`s, which neither logs nor JSON can reveal. */
export const toRing = ({ keys, endorsements }: RingSecret): SigningRing => ({
  keys: keys.map(({ secret, signsFrom }) => ({
    secret: toKey(secret),
    signsFrom,
  })),
  endorsements,
})
