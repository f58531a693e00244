import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation'

/** What was deployed, which parameters of the command may have made another thing than serverless.yml says. */
export interface Deployment {
  readonly url: string | undefined
  readonly mailFrom: string | undefined
  readonly stripeLivemode: boolean
}

interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Properties: { readonly Environment?: { readonly Variables?: object } } }
    >
  >
}

/** Reads the stack of a stage. */
export async function readDeployment(
  client: CloudFormationClient,
  StackName: string,
): Promise<Deployment> {
  const [{ Stacks = [] }, { TemplateBody = '' }] = await Promise.all([
    client.send(new DescribeStacksCommand({ StackName })),
    client.send(new GetTemplateCommand({ StackName })),
  ])
  const { Resources } = JSON.parse(TemplateBody) as Template
  const variable = (name: string, of: string) => {
    const { Variables = {} } = Resources[`${of}LambdaFunction`]?.Properties.Environment ?? {}
    return (Variables as Record<string, string>)[name]
  }
  const { Outputs = [] } = Stacks[0] ?? {}
  return {
    url: Outputs.find(({ OutputKey }) => OutputKey === 'HttpApiUrl')?.OutputValue,
    mailFrom: variable('MAIL_FROM', 'SendEmail') || undefined,
    stripeLivemode: variable('STRIPE_LIVEMODE', 'StripeWebhook') === 'true',
  }
}
