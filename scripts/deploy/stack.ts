import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation'

/** The part of a CloudFormation template that names the code of a function. */
interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >
}

/** What is deployed. */
export interface Deployed {
  /** What `serverless rollback` calls the deployment whose code runs; empty before the first that was finished. */
  readonly deployment: string
  readonly url: string
}

/**
 * Which deployment runs. The list of `serverless deploy list` does not say: after a rollback its newest one is not the
 * one that runs. The stack does, since the code of each function comes from the folder of its deployment.
 *
 * @throws what CloudFormation throws, unless it is that there is no such stack
 */
export async function readStack(
  client: Pick<CloudFormationClient, 'send'>,
  StackName: string,
): Promise<Deployed> {
  const none = { deployment: '', url: '' }
  const stacks = await client.send(new DescribeStacksCommand({ StackName })).catch(unlessMissing)
  const stack = stacks?.Stacks?.[0]
  if (!stack) return none
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName }))
  const { Resources = {} } = JSON.parse(TemplateBody) as Partial<Template>
  const code = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::Function')
  const { S3Key = '' } = (code?.Properties?.['Code'] ?? {}) as { S3Key?: string }
  return {
    deployment: /\/(\d+)-[^/]+\/[^/]+$/.exec(S3Key)?.[1] ?? '',
    url: stack.Outputs?.find(({ OutputKey }) => OutputKey === 'HttpApiUrl')?.OutputValue ?? '',
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && / does not exist$/.test(error.message)) return
  throw error
}
