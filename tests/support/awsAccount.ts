import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from '../../scripts/local/server.ts'

export interface AwsAccount extends Server {
  /** The identities of SES, and for each if it is verified. */
  readonly identities: Map<string, boolean>
  /** The state of the SES account. */
  readonly sending: { ProductionAccessEnabled: boolean; SendingEnabled: boolean }
  /** The deployed stack: environment variables and code of its functions, and outputs. */
  stack:
    | {
        variables: Record<string, Record<string, string>>
        outputs: Record<string, string>
        code?: string
      }
    | undefined
  /** The requests that would change something. */
  readonly writes: string[]
}

/** Starts the parts of SES (https://docs.aws.amazon.com/ses/latest/APIReference-V2) and CloudFormation that setup reads. */
export async function anAwsAccount(): Promise<AwsAccount> {
  const http = createServer(async (request, response) => {
    const { method, url = '' } = request
    const form = new URLSearchParams(await text(request))
    const action = form.get('Action')
    if (method !== 'GET' && !/^(Get|Describe)/.test(action ?? '')) {
      account.writes.push(`${method} ${url}`)
    }
    const [status, body, type] = action === null ? ses(url) : cloudFormation(action, form)
    response.writeHead(status, { 'content-type': type }).end(body)
  })

  function ses(url: string): [number, string, string] {
    const json = 'application/json'
    if (url === '/v2/email/account') {
      return [200, JSON.stringify({ ...account.sending, EnforcementStatus: 'SHUTDOWN' }), json]
    }
    const identity = decodeURIComponent(/^\/v2\/email\/identities\/(.+)$/.exec(url)?.[1] ?? '')
    const VerifiedForSendingStatus = account.identities.get(identity)
    return VerifiedForSendingStatus === undefined
      ? [404, JSON.stringify({ __type: 'NotFoundException' }), json]
      : [200, JSON.stringify({ VerifiedForSendingStatus }), json]
  }

  function cloudFormation(action: string, form: URLSearchParams): [number, string, string] {
    const xml = 'text/xml'
    const { stack } = account
    if (!stack) {
      const message = `Stack with id ${form.get('StackName')} does not exist`
      const error = `<Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message>`
      return [400, `<ErrorResponse><Error>${error}</Error></ErrorResponse>`, xml]
    }
    const result = action === 'GetTemplate' ? formatTemplate(stack) : formatStack(stack)
    const answer = `<${action}Result>${result}</${action}Result>`
    return [200, `<${action}Response>${answer}</${action}Response>`, xml]
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const account: AwsAccount = {
    ...toServer(http),
    identities: new Map(),
    sending: { ProductionAccessEnabled: true, SendingEnabled: true },
    stack: undefined,
    writes: [],
  }
  return account
}

type Stack = NonNullable<AwsAccount['stack']>

function formatTemplate({ variables, code: S3Key }: Stack): string {
  const Resources = Object.fromEntries(
    Object.entries(variables).map(([name, Variables]) => [
      `${name}LambdaFunction`,
      {
        Type: 'AWS::Lambda::Function',
        Properties: { Code: { S3Key }, Environment: { Variables } },
      },
    ]),
  )
  const escaped = JSON.stringify({ Resources }).replaceAll('<', '&lt;')
  return `<TemplateBody>${escaped}</TemplateBody>`
}

function formatStack({ outputs }: Stack): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  const stack = `<StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs>`
  return `<Stacks><member>${stack}</member></Stacks>`
}
