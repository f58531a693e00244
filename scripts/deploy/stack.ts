import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation'

interface FunctionProperties {
  readonly Code?: { readonly S3Key?: string }
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> }
}

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: FunctionProperties }>
  >
}

/** A deployed stack. Parameters of the deploy command can make it differ from serverless.yml. */
export interface Stack {
  /** The timestamp for `serverless rollback`; undefined before the first complete deployment. */
  readonly deployment: string | undefined
  readonly url: string | undefined
  readonly mailFrom: string | undefined
  readonly stripeLivemode: boolean
}

/**
 * Reads the stack of a stage. The deployment is the folder that the code of the functions is in: after a rollback it is
 * not the newest one of `serverless deploy list`.
 *
 * @throws the error of CloudFormation, also if the stack does not exist
 */
export async function readStack(
  client: Pick<CloudFormationClient, 'send'>,
  StackName: string,
): Promise<Stack> {
  const [{ Stacks = [] }, { TemplateBody = '{}' }] = await Promise.all([
    client.send(new DescribeStacksCommand({ StackName })),
    client.send(new GetTemplateCommand({ StackName })),
  ])
  const { Resources = {} } = JSON.parse(TemplateBody) as Partial<Template>
  const variables = (name: string) =>
    Resources[`${name}LambdaFunction`]?.Properties?.Environment?.Variables ?? {}
  const code = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::Function')
  return {
    deployment: /\/(\d+)-[^/]+\/[^/]+$/.exec(code?.Properties?.Code?.S3Key ?? '')?.[1],
    url: Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'HttpApiUrl')?.OutputValue,
    mailFrom: variables('SendEmail')['MAIL_FROM'] || undefined,
    stripeLivemode: variables('StripeWebhook')['STRIPE_LIVEMODE'] === 'true',
  }
}

/** Returns true for the error of CloudFormation that a stack does not exist. */
export const isMissingStack = (error: unknown) =>
  error instanceof Error && / does not exist$/.test(error.message)
