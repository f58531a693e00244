import getPort from 'get-port'
import { startInbox } from '../../scripts/local/inbox.ts'
import type { SentEmail } from '../../scripts/local/inboxPage.ts'
import type { Server } from '../../scripts/local/server.ts'

export interface Inbox extends Server {
  /** Returns the emails to an address, oldest first. */
  to(address: string): Promise<readonly SentEmail[]>
}

/** Starts a local SES and configures the SDK of this process to use it. */
export async function anInbox(): Promise<Inbox> {
  const server = await startInbox(await getPort({ host: '127.0.0.1' }))
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SESV2: server.url,
  })
  return {
    ...server,
    async to(address) {
      const response = await fetch(`${server.url}/store`)
      const { emails } = (await response.json()) as { emails: SentEmail[] }
      return emails.filter(({ destination }) => destination.to.includes(address))
    },
  }
}
