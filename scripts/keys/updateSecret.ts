import { createHash, randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'

/**
 * Replaces the text of a secret by one that is derived from it. Of two concurrent updates one is rejected: the id of the
 * new version is a hash of the id of the old one, and Secrets Manager accepts an id once.
 *
 * @param update returns the new text, and the result of this function
 * @param conflict the message of the error for the update that is rejected
 */
export async function updateSecret<Result>(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  update: (text: string) => Promise<readonly [text: string, result: Result]>,
  conflict: string,
): Promise<Result> {
  const read = async () => {
    const { SecretString = '', VersionId = '' } = await client.send(
      new GetSecretValueCommand({ SecretId }),
    )
    return { text: SecretString, version: VersionId }
  }
  const { text, version } = await read()
  const [SecretString, result] = await update(text)
  const write = (ClientRequestToken: string) =>
    client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString }))
  try {
    await write(createHash('sha256').update(version).digest('hex'))
  } catch (cause) {
    if (!(cause instanceof ResourceExistsException)) throw cause
    if ((await read()).version !== version) throw new Error(conflict, { cause })
    // Not a conflict: the secret was reset to this version after an earlier update of it took the id.
    await write(randomUUID())
  }
  return result
}
