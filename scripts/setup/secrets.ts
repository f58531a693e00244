import { randomInt } from 'node:crypto'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { SecretName } from '../../lib/config.ts'
import { readSecret } from '../../lib/lambda/secrets.ts'
import type { SecretDefinition, Service } from '../local/service.ts'
import type { Report } from './report.ts'

/** Without these, what was sold is void: nothing may stand in for them. */
const IRREPLACEABLE: readonly SecretName[] = ['masterKeys', 'pepper']

const NAMES = ['masterKeys', 'pepper', 'signingKeys', 'adminToken', 'stripe'] as const

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

interface Secrets {
  readonly client: SecretsManagerClient
  readonly service: Service
  readonly report: Report
  readonly holdsLicenses: () => Promise<boolean>
}

/** Sees to it that each secret of a stage is there and can be used. Answers the ones that are. */
export async function checkSecrets(secrets: Secrets): Promise<ReadonlySet<SecretName>> {
  const good = new Set<SecretName>()
  for (const name of NAMES) {
    if (await checkSecret(secrets, name)) good.add(name)
  }
  await checkOlder(secrets)
  return good
}

async function checkSecret(
  { client, service, report, holdsLicenses }: Secrets,
  name: SecretName,
): Promise<boolean> {
  const SecretId = service.custom.names[name]
  const definition = definitionOf(SecretId, service)
  const found = await lookUp(client, SecretId)
  if (found.state === 'readable') {
    if (isUsable(name, found.text)) {
      report.ok(`secret ${SecretId}`)
      return true
    }
    report.todo(
      `Mend the secret ${SecretId}, which no function can read: ${definition.Description}`,
    )
  } else if (found.state === 'closed') {
    report.todo(`Let the secret ${SecretId} be read (${found.why})`)
  } else if (found.state === 'deleted') {
    report.todo(restoring(SecretId))
  } else if (IRREPLACEABLE.includes(name) && (await holdsLicenses())) {
    report.todo(
      `The secret ${SecretId} is gone and keys were sold with it, so it is not made anew. Restore it: docs/operations.md`,
    )
  } else {
    const { Name, Description } = definition
    const SecretString = aTextFor(definition)
    await client.send(new CreateSecretCommand({ Name, Description, SecretString }))
    report.done(`secret ${SecretId} was gone and is made anew`)
    return true
  }
  return false
}

/** The secret that only a rotation makes: what was sold with the keys in it cannot be shown again without them. */
async function checkOlder({ client, service, report }: Secrets) {
  const SecretId = service.custom.names.olderMasterKeys
  const found = await lookUp(client, SecretId)
  if (found.state === 'readable') {
    if (isUsable('olderMasterKeys', found.text)) report.ok(`secret ${SecretId}`)
    else
      report.todo(`Mend the secret ${SecretId}, which no function can read: {"<version>":"<key>"}`)
  } else if (found.state === 'closed') {
    report.todo(`Let the secret ${SecretId} be read (${found.why})`)
  } else if (found.state === 'deleted') report.todo(restoring(SecretId))
}

const restoring = (SecretId: string) =>
  `Take back the deletion of a secret: aws secretsmanager restore-secret --secret-id ${SecretId}`

type Found =
  | { readonly state: 'readable'; readonly text: string }
  | { readonly state: 'closed'; readonly why: string }
  | { readonly state: 'deleted' | 'gone' }

async function lookUp(client: SecretsManagerClient, SecretId: string): Promise<Found> {
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
    return { state: 'readable', text: SecretString }
  } catch (error) {
    // Both have other reasons as well: a secret may be there and have no value.
    const mayBeGone =
      error instanceof ResourceNotFoundException || error instanceof InvalidRequestException
    const why = error instanceof Error ? error.name : `${error}`
    if (!mayBeGone) return { state: 'closed', why }
    try {
      const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId }))
      return DeletedDate ? { state: 'deleted' } : { state: 'closed', why }
    } catch (failure) {
      if (failure instanceof ResourceNotFoundException) return { state: 'gone' }
      throw failure
    }
  }
}

function isUsable(name: SecretName, text: string): boolean {
  try {
    readSecret(name, text)
    return true
  } catch {
    return false
  }
}

function definitionOf(name: string, { resources }: Service): SecretDefinition {
  const secret = Object.values(resources.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::SecretsManager::Secret' && 'Name' in Properties && Properties.Name === name,
  )
  if (!secret) throw new Error(`serverless.yml defines no secret ${name}`)
  return secret.Properties as SecretDefinition
}

/** What CloudFormation would have made, with as much chance in it. */
function aTextFor({ SecretString, GenerateSecretString }: SecretDefinition): string {
  if (SecretString !== undefined) return SecretString
  const {
    PasswordLength = 64,
    SecretStringTemplate,
    GenerateStringKey,
  } = GenerateSecretString ?? {}
  const password = Array.from({ length: PasswordLength }, () =>
    LETTERS.charAt(randomInt(LETTERS.length)),
  ).join('')
  return SecretStringTemplate && GenerateStringKey
    ? JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: password })
    : password
}
