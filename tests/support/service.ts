import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import {
  createLicenseClient,
  memoryStorage,
  type Options,
  type PublishedKeys,
  type Storage,
} from '../../clients/typescript/src/index.ts'
import { createHandler as createChangesHandler } from '../../functions/licenseChanges.ts'
import { aFront, type Front } from './front.ts'
import { aContext } from './http.ts'
import { issued, NOW } from './licenses.ts'
import { aRuntime, type TestRuntime } from './runtime.ts'
import { type ApiServer, anApiServer } from './server.ts'
import { streamOf } from './stream.ts'

/** Answers in place of the service. */
export const answering =
  (status: number, type: string, body: string, headers: Record<string, string> = {}) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    return true
  }

/**
 * A service, and a proxy between it and its clients, for all tests of a file.
 *
 * @param options `hasStream`: the table has a stream, which `listRevocations` reads
 */
export function useService(options: { readonly hasStream?: boolean } = {}) {
  let test: TestRuntime
  let server: ApiServer
  let front: Front
  let keys: PublishedKeys
  beforeAll(async () => {
    test = await aRuntime({}, options)
    server = await anApiServer(test.runtime)
    front = await aFront(server.url)
    keys = await published()
  })
  beforeEach(() => {
    test.time.now = NOW
    front.open()
  })
  afterAll(async () => {
    await front.stop()
    await server.stop()
    await test.stop()
  })

  const published = async () =>
    (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as PublishedKeys

  const aClient = (options: Partial<Options> = {}) =>
    createLicenseClient({
      url: front.url,
      keys,
      storage: memoryStorage(),
      now: () => test.time.now,
      timeoutMs: 30_000,
      // Each would be a pause.
      retries: 0,
      ...options,
    })

  /** A client to which answers come only once they are set free. */
  function aSlowClient(storage: Storage) {
    const { promise, resolve: free } = Promise.withResolvers<void>()
    const slow = aClient({
      storage,
      fetch: async (...request) => {
        const response = await fetch(...request)
        await promise
        return response
      },
    })
    return { slow, free }
  }

  let users = 0
  async function aKey(order: Parameters<typeof issued>[1] = {}) {
    const userId = `client_user_${++users}`
    const { key, license } = await issued(
      test.runtime.store,
      { userId, ...order },
      { now: test.time.now },
    )
    return { key: `${key}`, id: license.id, userId }
  }

  /** A client with an activated license. */
  async function activated(options: Partial<Options> = {}) {
    const license = await aKey()
    const client = aClient(options)
    expect(await client.activate(license.key)).toMatchObject({ status: 'valid' })
    return { client, ...license }
  }

  async function admin(id: string, action: string, body: object = {}) {
    const response = await fetch(`${server.url}/api/admin/licenses/${id}/${action}`, {
      method: 'POST',
      headers: { authorization: 'Bearer test_admin_token', 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'x', ...body }),
    })
    expect(response.status).toBe(200)
    return (await response.json()) as { license: string }
  }

  /** Lets the list of revocations know what the table's stream tells. */
  async function listRevocations() {
    const event = { Records: await streamOf(test.table) } as DynamoDBStreamEvent
    await createChangesHandler(test.runtime)(event, aContext())
  }

  /** Nobody answers any more. */
  function cut(only = /./) {
    front.instead = ({ url = '', socket }) => {
      const isCut = only.test(url)
      if (isCut) socket.destroy()
      return isCut
    }
  }

  return {
    get test() {
      return test
    },
    get server() {
      return server
    },
    get front() {
      return front
    },
    get keys() {
      return keys
    },
    published,
    aClient,
    aSlowClient,
    aKey,
    activated,
    admin,
    listRevocations,
    cut,
  }
}
