import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import type { CreateTableCommandInput, TimeToLiveSpecification } from '@aws-sdk/client-dynamodb'
import type { SecretName } from '../../lib/config.ts'

const run = promisify(execFile)

/** The `serverless` command. */
const SERVERLESS = path.join(
  path.dirname(createRequire(import.meta.url).resolve('serverless/package.json')),
  'bin',
  'serverless.js',
)

/** The stage that runs on a developer's machine. */
export const LOCAL_STAGE = 'local'

/** A table as CloudFormation describes it. */
export interface TableDefinition {
  readonly TableName: string
  readonly AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions']
  readonly KeySchema: CreateTableCommandInput['KeySchema']
  readonly GlobalSecondaryIndexes: NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>
  readonly TimeToLiveSpecification: TimeToLiveSpecification
  readonly StreamSpecification?: CreateTableCommandInput['StreamSpecification']
  readonly PointInTimeRecoverySpecification: { readonly PointInTimeRecoveryEnabled: boolean }
  readonly SSESpecification: { readonly SSEEnabled: boolean; readonly SSEType: 'KMS' }
}

/** A secret in CloudFormation, with a fixed or a random value. */
export interface SecretDefinition {
  readonly Name: string
  readonly Description: string
  readonly SecretString?: string
  readonly GenerateSecretString?: {
    readonly PasswordLength: number
    readonly SecretStringTemplate?: string
    readonly GenerateStringKey?: string
  }
}

interface FunctionDefinition {
  /** Name on AWS. */
  readonly name: string
  /** File and export, for example `functions/verify.handler`. */
  readonly handler: string
  readonly environment?: Variables
  /** Megabytes. Default: the provider's. */
  readonly memorySize?: number
  /** Seconds. Default: the provider's. */
  readonly timeout?: number
  readonly events: readonly {
    readonly httpApi?: string
    readonly stream?: object
    readonly schedule?: string
  }[]
}

/** Environment variables: strings, and references that CloudFormation resolves. */
type Variables = Readonly<Record<string, string | { readonly Ref: string }>>

/** Content of serverless.yml with resolved variables. */
export interface Service {
  readonly service: string
  readonly functions: Readonly<Record<string, FunctionDefinition>>
  readonly provider: {
    readonly environment: Variables
    /** Megabytes that each function may use. */
    readonly memorySize: number
    /** Seconds that an invocation may take. */
    readonly timeout: number
  }
  readonly custom: {
    readonly names: Readonly<Record<SecretName | 'table', string>>
  }
  readonly resources: {
    readonly Resources: {
      readonly Table: { readonly Type: string; readonly Properties: TableDefinition }
    } & Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>
  }
}

/**
 * Reads serverless.yml for a stage and resolves its variables.
 *
 * @throws Error with the message of `serverless`, or an AbortError
 */
export async function readService(stage = LOCAL_STAGE, signal?: AbortSignal): Promise<Service> {
  const args = [SERVERLESS, 'print', '--format', 'json', '--stage', stage]
  const { stdout } = await run(process.execPath, args, { signal }).catch((error) => {
    const message = /^Error:\n([\s\S]*)/m.exec(error.stderr)?.[1]?.trim()
    throw message ? new Error(`serverless.yml: ${message}`, { cause: error }) : error
  })
  return JSON.parse(stdout)
}

/**
 * Returns the environment variables of a local function: those of serverless.yml, those that Lambda sets, and local
 * credentials. A CloudFormation reference becomes the logical name.
 *
 * @param key the name of the function in serverless.yml
 */
export function variablesOf({ provider, functions }: Service, key: string): Record<string, string> {
  const { name = key, environment, memorySize = provider.memorySize } = functions[key] ?? {}
  const defined = Object.entries({ ...provider.environment, ...environment })
  return {
    ...Object.fromEntries(
      defined.map(([variable, value]) => [variable, typeof value === 'string' ? value : value.Ref]),
    ),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memorySize}`,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
}
