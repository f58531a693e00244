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
import { aContext } from './http.ts'
import { issued, NOW } from './licenses.ts'
import { startProxy, type TestProxy } from './proxy.ts'
import { aRuntime, type TestRuntime } from './runtime.ts'
import { type ApiServer, anApiServer } from './server.ts'
import { streamOf } from './stream.ts'

/** Returns a handler that responds in place of the service. */
export const responding =
  (status: number, type: string, body: string, headers: Record<string, string> = {}) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    return true
  }

/**
 * Starts a service, and a proxy between it and its clients, for all tests of a file.
 *
 * @param options `hasStream`: the table has a stream, which `listRevocations` reads
 */
export function useService(options: { readonly hasStream?: boolean } = {}) {
  let test: TestRuntime
  let server: ApiServer
  let proxy: TestProxy
  let keys: PublishedKeys
  beforeAll(async () => {
    test = await aRuntime({}, options)
    server = await anApiServer(test.runtime)
    proxy = await startProxy(server.url)
    keys = await published()
  })
  beforeEach(() => {
    test.time.now = NOW
    proxy.reset()
  })
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
    await test.stop()
  })

  const published = async () =>
    (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as PublishedKeys

  const aClient = (options: Partial<Options> = {}) =>
    createLicenseClient({
      url: proxy.url,
      keys,
      storage: memoryStorage(),
      now: () => test.time.now,
      timeoutMs: 30_000,
      // Retries would only delay the tests.
      retries: 0,
      ...options,
    })

  /** Creates a client that receives responses only after `release`. */
  function aSlowClient(storage: Storage) {
    const { promise, resolve: release } = Promise.withResolvers<void>()
    const slow = aClient({
      storage,
      fetch: async (...request) => {
        const response = await fetch(...request)
        await promise
        return response
      },
    })
    return { slow, release }
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

  /** Creates a client with an activated license. */
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

  /** Updates the revocation list from the table's stream. */
  async function listRevocations() {
    const event = { Records: await streamOf(test.table) } as DynamoDBStreamEvent
    await createChangesHandler(test.runtime)(event, aContext())
  }

  /** Cuts the connection of matching requests. */
  function cut(only = /./) {
    proxy.instead = ({ url = '', socket }) => {
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
    get proxy() {
      return proxy
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
