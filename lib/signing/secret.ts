import { createSecretKey } from 'node:crypto'
import * as z from 'zod/mini'
import type { SigningRing } from './ring.ts'

const secretText = z.string().check(z.minLength(1))
const bareText = secretText.check(z.regex(/^\S+$/), z.regex(/^[^{["]/))

const ringSchema = z.object({
  keys: z.array(z.object({ secret: secretText, signsFrom: z.number() })).check(z.minLength(1)),
  endorsements: z.array(z.string()),
})

/** The signing ring as its secret holds it. */
export type RingSecret = z.output<typeof ringSchema>

/**
 * Reads the ring out of its secret: `{"keys": [{"secret", "signsFrom"}], "endorsements": []}`, or the bare text of the
 * only key, as it is deployed.
 *
 * @throws ZodError
 */
export function parseRingSecret(value: unknown): RingSecret {
  return typeof value === 'string'
    ? { keys: [{ secret: z.parse(bareText, value), signsFrom: 0 }], endorsements: [] }
    : z.parse(ringSchema, value)
}

export const toKey = (text: string) => createSecretKey(Buffer.from(text, 'utf8'))

/** The ring with its secrets as keys, which no log and no JSON can show. */
export const toRing = ({ keys, endorsements }: RingSecret): SigningRing => ({
  keys: keys.map(({ secret, signsFrom }) => ({
    secret: toKey(secret),
    signsFrom,
  })),
  endorsements,
})
