import ses from 'aws-ses-v2-local'
import { type Server, toServer } from './server.ts'

/** SES on this machine: takes mails and shows them on a page. The SDK goes to it by `AWS_ENDPOINT_URL_SESV2`. */
export async function startInbox(port: number): Promise<Server> {
  return toServer(await ses.default({ host: '127.0.0.1', port }), 'localhost')
}
