import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import type { CreateTableCommandInput, TimeToLiveSpecification } from '@aws-sdk/client-dynamodb'
import type { SecretName } from '../../lib/config.ts'

const run = promisify(execFile)

/** The `serverless` command. */
export const SERVERLESS = path.join(
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
  /** What it is called on AWS, and by serverless-offline. */
  readonly name: string
  /** Its file and what that exports, as `functions/verify.handler`. */
  readonly handler: string
  readonly environment?: Readonly<Record<string, string>>
  readonly events: readonly { readonly httpApi?: string; readonly stream?: object }[]
}

/** What serverless.yml says, with every variable put in. */
export interface Service {
  readonly service: string
  readonly functions: Readonly<Record<string, FunctionDefinition>>
  readonly provider: {
    readonly environment: Readonly<Record<string, string>>
    /** Megabytes that each function may use. */
    readonly memorySize: number
  }
  readonly custom: {
    readonly names: Readonly<Record<SecretName | 'table', string>>
    /** What serverless-esbuild is told. */
    readonly esbuild?: Readonly<Record<string, unknown>> & {
      readonly outputFileExtension: string
      readonly plugins: string
    }
  }
  readonly resources: {
    readonly Resources: {
      readonly Table: { readonly Type: string; readonly Properties: TableDefinition }
    } & Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>
  }
}

/** Reads the serverless.yml that is deployed, for a stage. */
export async function readService(stage = LOCAL_STAGE): Promise<Service> {
  const { stdout } = await run(process.execPath, [
    SERVERLESS,
    'print',
    '--format',
    'json',
    '--stage',
    stage,
  ])
  return JSON.parse(stdout)
}
