import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { createHandler } from '../../functions/sendEmail.ts'
import type { Runtime } from '../../lib/lambda/runtime.ts'
import { aContext } from './http.ts'
import { anInbox, type Inbox } from './inbox.ts'
import { issued, NOW } from './licenses.ts'
import { aLine, type Line } from './line.ts'
import { startProxy, type TestProxy } from './proxy.ts'
import { aRuntime, type TestRuntime } from './runtime.ts'
import { streamOf } from './stream.ts'

/** Starts what emails need for all tests of a file, with a local SES whose connection can be cut. */
export function useMail() {
  const before = { ...process.env }
  let test: TestRuntime
  let inbox: Inbox
  let line: Line
  let proxy: TestProxy
  beforeAll(async () => {
    test = await aRuntime({}, { hasStream: true })
    inbox = await anInbox()
    line = await aLine(inbox.url)
    proxy = await startProxy(inbox.url)
    process.env['AWS_ENDPOINT_URL_SESV2'] = line.url
  })
  beforeEach(() => {
    test.time.now = NOW
    test.counts.length = 0
    line.state = 'open'
  })
  afterAll(async () => {
    process.env = { ...before }
    await Promise.all([line.stop(), proxy.stop(), test.stop()])
    await inbox.stop()
  })

  const follow = (Records: readonly DynamoDBRecord[], runtime: Runtime = test.runtime) =>
    createHandler(runtime)({ Records } as DynamoDBStreamEvent, aContext())

  /** Returns the stream records of a license or address. */
  const about = async (id: string) =>
    (await streamOf(test.table)).filter(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S?.includes(id))

  let users = 0
  async function aSale(changes: Parameters<typeof issued>[1] = {}) {
    const userEmail = `buyer_${++users}@example.com`
    const order = { userId: `mail_user_${users}`, userEmail, ...changes }
    const { key, license } = await issued(test.runtime.store, order)
    return { key: `${key}`, id: license.id, email: order.userEmail ?? '' }
  }

  return {
    get test() {
      return test
    },
    get inbox() {
      return inbox
    },
    get line() {
      return line
    },
    get proxy() {
      return proxy
    },
    follow,
    about,
    aSale,
  }
}
