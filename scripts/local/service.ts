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

/** A secret as CloudFormation makes it: with a text, or with one of chance. */
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
  /** The name of the function on AWS. */
  readonly name: string
  /** Its file and what that exports, as `functions/verify.handler`. */
  readonly handler: string
  readonly environment?: Variables
  /** Megabytes, if not the provider's. */
  readonly memorySize?: number
  /** Seconds, if not the provider's. */
  readonly timeout?: number
  readonly events: readonly {
    readonly httpApi?: string
    readonly stream?: object
    readonly schedule?: string
  }[]
}

/** Environment variables: texts, and references that CloudFormation resolves. */
type Variables = Readonly<Record<string, string | { readonly Ref: string }>>

/** What serverless.yml says, with every variable put in. */
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
 * Reads the serverless.yml that is deployed, for a stage, with every variable resolved.
 *
 * @throws Error with what `serverless` says of the file, or an AbortError
 */
export async function readService(stage = LOCAL_STAGE, signal?: AbortSignal): Promise<Service> {
  const args = [SERVERLESS, 'print', '--format', 'json', '--stage', stage]
  const { stdout } = await run(process.execPath, args, { signal }).catch((error) => {
    const said = /^Error:\n([\s\S]*)/m.exec(error.stderr)?.[1]?.trim()
    throw said ? new Error(`serverless.yml: ${said}`, { cause: error }) : error
  })
  return JSON.parse(stdout)
}

/**
 * Returns the environment variables of a function on this machine: those of serverless.yml, those that Lambda sets, and
 * credentials that the local services accept. A CloudFormation reference becomes the name that it refers to.
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
