import {
  GetAccountCommand,
  GetEmailIdentityCommand,
  NotFoundException,
  type SESv2Client,
} from '@aws-sdk/client-sesv2'
import type { Report } from './report.ts'

interface Mail {
  readonly client: SESv2Client
  readonly report: Report
  /** Whose address mails are to come from. */
  readonly wanted: string | undefined
  /** Whose address they come from as it is deployed. */
  readonly deployed: string | undefined
}

const howToDeploy = (from: string) => `npm run deploy with --param="mailFrom=${from}"`

/** Sees whether SES sends what the service wants to send. Changes nothing: an identity needs entries in somebody's DNS. */
export async function checkMail({ client, report, wanted, deployed }: Mail): Promise<void> {
  const from = wanted ?? deployed
  if (from === undefined) {
    report.ok(`no mail is sent; if any is to be: ${howToDeploy('licenses@example.com')}`)
    return
  }
  if (from !== deployed) report.todo(`Let mails come from ${from}: ${howToDeploy(from)}`)
  await checkIdentity(client, from, report)
  await checkAccount(client, report)
}

async function checkIdentity(client: SESv2Client, from: string, report: Report) {
  const address = /<(.+)>/.exec(from)?.[1] ?? from
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const known: string[] = []
  for (const identity of [address, ...domainsOf(domain)]) {
    const isVerified = await isVerifiedForSending(client, identity)
    if (isVerified) {
      report.ok(`SES may send mails from ${address}: ${identity} is verified`)
      return
    }
    if (isVerified !== undefined) known.push(identity)
  }
  const [waiting] = known
  report.todo(
    waiting === undefined
      ? `Verify ${domain} in SES and put what it answers into the DNS: aws sesv2 create-email-identity --email-identity ${domain}`
      : `Finish the verification of ${waiting} in SES: aws sesv2 get-email-identity --email-identity ${waiting}`,
  )
}

/** A verified domain counts for those below it: https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html */
function domainsOf(domain: string): string[] {
  const parts = domain.split('.')
  return parts.slice(0, -1).map((_, start) => parts.slice(start).join('.'))
}

/** Undefined for an identity that SES does not know. */
async function isVerifiedForSending(client: SESv2Client, EmailIdentity: string) {
  try {
    const identity = await client.send(new GetEmailIdentityCommand({ EmailIdentity }))
    return identity.VerifiedForSendingStatus === true
  } catch (error) {
    if (error instanceof NotFoundException) return
    throw error
  }
}

async function checkAccount(client: SESv2Client, report: Report) {
  const account = await client.send(new GetAccountCommand({}))
  if (account.ProductionAccessEnabled !== true) {
    report.todo(
      'Ask AWS to let SES send to everybody, not only to verified addresses: SES console, Account dashboard, Request production access',
    )
  } else if (account.SendingEnabled !== true) {
    report.todo(`Ask AWS why SES sends nothing for the account (${account.EnforcementStatus})`)
  } else {
    report.ok('SES may send to everybody')
  }
}
