import { randomInt } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { SecretName } from '../../lib/config.ts'
import { parseSecret } from '../../lib/lambda/secrets.ts'
import type { SecretDefinition, Service } from '../local/service.ts'
import type { Report } from './report.ts'
import { hasLicenses } from './table.ts'

/** Secrets without which sold keys are invalid. */
const IRREPLACEABLE: readonly SecretName[] = ['masterKeys', 'pepper']

/** The secrets of serverless.yml. Only a rotation creates `olderMasterKeys`. */
const DEPLOYED: readonly SecretName[] = [
  'masterKeys',
  'pepper',
  'signingKeys',
  'adminToken',
  'stripe',
]

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

interface Stage {
  readonly secretsManager: SecretsManagerClient
  readonly dynamoDb: DynamoDBClient
  readonly service: Service
}

/** Checks every secret of a stage and creates missing ones if that loses nothing. Returns the usable ones. */
export async function checkSecrets(stage: Stage, report: Report): Promise<ReadonlySet<SecretName>> {
  const usable = new Set<SecretName>()
  for (const name of [...DEPLOYED, 'olderMasterKeys'] as const) {
    if (await checkSecret(stage, name, report)) usable.add(name)
  }
  return usable
}

async function checkSecret(
  { secretsManager, dynamoDb, service }: Stage,
  name: SecretName,
  report: Report,
): Promise<boolean> {
  const { names } = service.custom
  const SecretId = names[name]
  const definition = DEPLOYED.includes(name) ? findDefinition(SecretId, service) : undefined
  const found = await findSecret(secretsManager, SecretId)
  if (found.state === 'readable') {
    if (isUsable(name, found.text)) {
      report.ok(`secret ${SecretId}`)
      return true
    }
    const format = definition?.Description ?? '{"<version>":"<key>"}'
    report.todo(`Correct the secret ${SecretId}, which no function can read: ${format}`)
  } else if (found.state === 'unreadable') {
    report.todo(`Allow reading the secret ${SecretId} (${found.reason})`)
  } else if (found.state === 'deleted') {
    report.todo(
      `Undo the deletion of a secret: aws secretsmanager restore-secret --secret-id ${SecretId}`,
    )
  } else if (IRREPLACEABLE.includes(name) && (await hasLicenses(dynamoDb, names.table))) {
    report.todo(
      `The secret ${SecretId} is missing and keys were sold with it, so it is not created. Restore it: docs/operations.md`,
    )
  } else if (definition) {
    const { Name, Description } = definition
    const SecretString = generateText(definition)
    await secretsManager.send(new CreateSecretCommand({ Name, Description, SecretString }))
    report.done(`secret ${SecretId} was missing and is created`)
    return true
  }
  return false
}

type Found =
  | { readonly state: 'readable'; readonly text: string }
  | { readonly state: 'unreadable'; readonly reason: string }
  | { readonly state: 'deleted' | 'missing' }

async function findSecret(client: SecretsManagerClient, SecretId: string): Promise<Found> {
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
    return { state: 'readable', text: SecretString }
  } catch (error) {
    const reason = error instanceof Error ? error.name : `${error}`
    // Both errors have other causes, too: a secret may exist without a value.
    const isAmbiguous =
      error instanceof ResourceNotFoundException || error instanceof InvalidRequestException
    if (!isAmbiguous) return { state: 'unreadable', reason }
    try {
      const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId }))
      return DeletedDate ? { state: 'deleted' } : { state: 'unreadable', reason }
    } catch (failure) {
      if (failure instanceof ResourceNotFoundException) return { state: 'missing' }
      throw failure
    }
  }
}

function isUsable(name: SecretName, text: string): boolean {
  try {
    parseSecret(name, text)
    return true
  } catch {
    return false
  }
}

function findDefinition(name: string, { resources }: Service): SecretDefinition {
  const secret = Object.values(resources.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::SecretsManager::Secret' && 'Name' in Properties && Properties.Name === name,
  )
  if (!secret) throw new Error(`serverless.yml defines no secret ${name}`)
  return secret.Properties as SecretDefinition
}

/** Generates a text as CloudFormation does. */
function generateText({ SecretString, GenerateSecretString }: SecretDefinition): string {
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
