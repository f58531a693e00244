import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { replaceSecret } from '../keys/replace.ts'

/** What a stage keeps of Stripe. The functions do not look at `webhookEndpoint`, nor at what else may be there. */
export interface StripeSecret {
  readonly webhookSecrets: readonly string[]
  readonly apiKey?: string
  /** The id of the endpoint that the first of the secrets is of. */
  readonly webhookEndpoint?: string
}

/** What is said when two write at the same moment. */
export const TAKEN = 'somebody else did the same at this moment'

interface Stored {
  read(): Promise<StripeSecret>
  /** @throws Error `TAKEN` when somebody else changes it at the same moment */
  change(to: (secret: StripeSecret) => StripeSecret): Promise<void>
}

function parse(text: string): StripeSecret {
  try {
    return JSON.parse(text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error('The secret of Stripe is no JSON')
  }
}

/** The secret of this name, which holds something good. */
export const storedStripeSecret = (client: SecretsManagerClient, SecretId: string): Stored => ({
  async read() {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
    return parse(SecretString)
  },
  change: (to) =>
    replaceSecret(
      client,
      SecretId,
      async (text) => [JSON.stringify(to(parse(text))), undefined],
      TAKEN,
    ),
})
