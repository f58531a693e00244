import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ses from 'aws-ses-v2-local'
import type { Server } from './server.ts'

/** SES on this machine: takes mails and shows them on a page. The SDK goes to it by `AWS_ENDPOINT_URL_SESV2`. */
export async function startInbox(port: number): Promise<Server> {
  const http = await ses.default({ host: '127.0.0.1', port })
  const exited = once(http, 'close').then(() => {})
  return {
    url: `http://localhost:${(http.address() as AddressInfo).port}`,
    exited,
    async stop() {
      http.close()
      http.closeAllConnections()
      await exited
    },
  }
}
