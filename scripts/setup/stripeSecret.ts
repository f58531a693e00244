import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { updateSecret } from '../keys/updateSecret.ts'

/** The Stripe secret of a stage. The functions ignore `webhookEndpoint` and unknown fields. */
export interface StripeSecret {
  readonly webhookSecrets: readonly string[]
  readonly apiKey?: string
  /** The id of the endpoint that the first webhook secret belongs to. */
  readonly webhookEndpoint?: string
}

/** The message of the error for an update that another one preceded. */
export const CONFLICT = 'setup ran twice at the same time'

export interface StripeSecretStore {
  read(): Promise<StripeSecret>
  /** @throws Error with `CONFLICT` if another update runs at the same time */
  update(change: (secret: StripeSecret) => StripeSecret): Promise<void>
}

function parse(text: string): StripeSecret {
  try {
    return JSON.parse(text)
  } catch {
    // biome-ignore lint/style/useErrorCause: it quotes the secret.
    throw new Error('The Stripe secret is not JSON')
  }
}

export const createStripeSecretStore = (
  client: SecretsManagerClient,
  SecretId: string,
): StripeSecretStore => ({
  async read() {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
    return parse(SecretString)
  },
  update: (change) =>
    updateSecret(
      client,
      SecretId,
      async (text) => [JSON.stringify(change(parse(text))), undefined],
      CONFLICT,
    ),
})
