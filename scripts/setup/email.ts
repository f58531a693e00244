import {
  GetAccountCommand,
  GetEmailIdentityCommand,
  NotFoundException,
  type SESv2Client,
} from '@aws-sdk/client-sesv2'
import type { Report } from './report.ts'

interface Sender {
  readonly expected: string | undefined
  readonly deployed: string | undefined
}

const deployCommand = (from: string) => `npm run deploy with --param="mailFrom=${from}"`

/** Checks that SES can send emails. Changes nothing: an identity requires entries in the DNS of the vendor. */
export async function checkEmail(
  client: SESv2Client,
  { expected, deployed }: Sender,
  report: Report,
): Promise<void> {
  const from = expected ?? deployed
  if (from === undefined) {
    report.ok(`no emails are sent; to enable them: ${deployCommand('licenses@example.com')}`)
    return
  }
  if (from !== deployed) report.todo(`Set the sender of emails to ${from}: ${deployCommand(from)}`)
  await checkIdentity(client, from, report)
  await checkAccount(client, report)
}

async function checkIdentity(client: SESv2Client, from: string, report: Report) {
  const address = /<(.+)>/.exec(from)?.[1] ?? from
  const domain = address.slice(address.lastIndexOf('@') + 1)
  let pending: string | undefined
  for (const identity of [address, ...listDomains(domain)]) {
    const isVerified = await isVerifiedForSending(client, identity)
    if (isVerified) {
      report.ok(`SES can send emails from ${address}: ${identity} is verified`)
      return
    }
    if (isVerified === false) pending ??= identity
  }
  report.todo(
    pending === undefined
      ? `Verify ${domain} in SES and add the result to the DNS: aws sesv2 create-email-identity --email-identity ${domain}`
      : `Complete the verification of ${pending} in SES: aws sesv2 get-email-identity --email-identity ${pending}`,
  )
}

/** A verified domain includes its subdomains: https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html */
function listDomains(domain: string): string[] {
  const parts = domain.split('.')
  return parts.slice(0, -1).map((_, start) => parts.slice(start).join('.'))
}

/** Returns undefined for an unknown identity. */
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
      'Request production access, so that SES can send to any address: SES console, Account dashboard, Request production access',
    )
  } else if (account.SendingEnabled !== true) {
    report.todo(`Ask AWS why SES does not send for the account (${account.EnforcementStatus})`)
  } else {
    report.ok('SES can send to any address')
  }
}
