import { createHash, randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'

/**
 * Makes a new text of a secret's text. Of two who do so at the same moment one is refused: the new version is named
 * after the one that it was made of, and Secrets Manager takes a name once.
 *
 * @param change answers the new text, and what to tell the caller of it
 * @param taken what to say to whoever was refused
 * @throws Error that says `taken`
 */
export async function replaceSecret<Told>(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  change: (text: string) => Promise<readonly [text: string, told: Told]>,
  taken: string,
): Promise<Told> {
  const read = async () => {
    const { SecretString = '', VersionId = '' } = await client.send(
      new GetSecretValueCommand({ SecretId }),
    )
    return { text: SecretString, version: VersionId }
  }
  const { text, version } = await read()
  const [SecretString, told] = await change(text)
  const write = (ClientRequestToken: string) =>
    client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString }))
  try {
    await write(createHash('sha256').update(version).digest('hex'))
  } catch (cause) {
    if (!(cause instanceof ResourceExistsException)) throw cause
    if ((await read()).version !== version) throw new Error(taken, { cause })
    // Nobody else did: the name is of a version that was made of this one before somebody put this one back.
    await write(randomUUID())
  }
  return told
}
