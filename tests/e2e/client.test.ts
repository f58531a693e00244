import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { build } from 'esbuild'
import getPort from 'get-port'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { fileStorage } from '../../clients/typescript/src/file.ts'
import {
  createLicenseClient,
  type LicenseClient,
  type LicenseStatus,
  type PublishedKeys,
} from '../../clients/typescript/src/index.ts'
import { CHROMIUM } from '../../scripts/local/chromium.ts'
import { findJava } from '../../scripts/local/java.ts'
import {
  aCheckout,
  aCommand,
  aUsersEnvironment,
  type Checkout,
  type Command,
} from '../support/checkout.ts'
import { HAS_JOSERFC } from '../support/machine.ts'

const run = promisify(execFile)

const MINUTES = 60_000

let checkout: Checkout
let command: Command
let url: string
let keys: PublishedKeys

beforeAll(async () => {
  const [copied, java, port] = await Promise.all([
    aCheckout(),
    findJava('.local'),
    getPort({ host: '127.0.0.1' }),
  ])
  checkout = copied
  url = `http://localhost:${port}`
  command = aCommand('npm', ['start'], {
    cwd: checkout.directory,
    env: aUsersEnvironment(java, { PORT: `${port}` }),
  })
  await command.prints('Ctrl-C ends it.')
  keys = await get<PublishedKeys>('/.well-known/jwks.json')
}, 3 * MINUTES)

afterAll(async () => {
  command.signal('SIGKILL')
  await command.exited
  await checkout.remove()
})

const TOKEN = { authorization: 'Bearer dev_admin_token' }

const get = async <T>(route: string): Promise<T> =>
  (await (await fetch(`${url}${route}`, { headers: TOKEN })).json()) as T

async function post<T>(route: string, body: object): Promise<T> {
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...TOKEN },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}

const buy = async (userId: string) =>
  (await post<{ license: string }>('/api/generate', { userId, tier: 'elite' })).license

async function revoke(userId: string) {
  const query = new URLSearchParams({ user: userId })
  const { items } = await get<{ items: { id: string }[] }>(`/api/admin/licenses?${query}`)
  await post(`/api/admin/licenses/${items[0]?.id}/revoke`, { reason: 'test' })
}

/** Until the stream has told of a revocation. */
async function listed(number: number) {
  for (let tries = 0; tries < 300; tries++) {
    const token = await (await fetch(`${url}/.well-known/revocations.jwt`)).text()
    const list = JSON.parse(`${Buffer.from(token.split('.')[1] ?? '', 'base64url')}`)
    if (list.number >= number) return
    await sleep(100)
  }
  throw new Error('The list of revocations did not grow')
}

describe('the client in Node', () => {
  it('activates, goes on without the service, and gives its seat back', async () => {
    const file = path.join(checkout.directory, 'license.json')
    let isDown = false
    const aClient = () =>
      createLicenseClient({
        url,
        keys,
        storage: fileStorage(file),
        retries: 0,
        fetch: (...request) =>
          isDown ? Promise.reject(new TypeError('unplugged')) : fetch(...request),
      })
    const license = await buy('user_node')
    expect(await aClient().activate(license, 'Node')).toMatchObject({
      status: 'valid',
      tier: 'elite',
    })
    expect(await aClient().check()).toMatchObject({ status: 'valid', source: 'online' })
    isDown = true
    expect(await aClient().check()).toMatchObject({ status: 'valid', source: 'lease' })
    isDown = false
    expect(await aClient().deactivate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    await rm(file)
  })
})

/** What README shows, with this service in place of its own, and a main program that says what came of it. */
const PYTHON_MAIN = `
SERVICE, now = URL, time.time

def said(license=sys.argv[1], route='verify', url=SERVICE, days=0):
    global URL
    URL, time.time = url, lambda: now() + days * 86400
    claims = check(license, 'python', route)
    print(claims and claims['code'])

NOWHERE = 'http://127.0.0.1:1'
said(route='activate')
said()
said(url=NOWHERE)
said(url=NOWHERE, days=13)
said(url=NOWHERE, days=15)
said('nonsense', url=NOWHERE)
said(route='deactivate')
said(url=NOWHERE, days=30)
said('nonsense')
`
describe('the example in Python', () => {
  const where = HAS_JOSERFC ? it : it.skip
  where('does what README shows of it', async () => {
    const readme = await readFile('clients/README.md', 'utf8')
    const [, shown = ''] = /```python\n([\s\S]*?)\n```/.exec(readme) ?? []
    const program = `import sys\n${shown.replace('https://licenses.example.com', url)}${PYTHON_MAIN}`
    const directory = path.join(checkout.directory, 'clients/python')
    await writeFile(path.join(directory, 'app.py'), program)
    await writeFile(path.join(directory, 'license-keys.json'), JSON.stringify(keys))
    const license = await buy('user_python')
    const { stdout } = await run('python3', ['-W', 'ignore', 'app.py', license], { cwd: directory })
    expect(stdout.trim().split('\n')).toEqual([
      'VALID',
      'VALID',
      'VALID',
      'VALID',
      'None',
      'None',
      'DEVICE_NOT_ACTIVATED',
      'DEVICE_NOT_ACTIVATED',
      'NOT_FOUND',
    ])
  })
})

if (CHROMIUM === undefined) {
  process.stderr.write('No Chromium is on this machine, so the client is not tried in one.\n')
}
const browsers = CHROMIUM === undefined ? describe.skip : describe
browsers('the client in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let pages: HttpServer

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: ['clients/typescript/src/index.ts'],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    })
    const script = outputFiles[0]?.text ?? ''
    const start = `
      import { createLicenseClient } from './client.js'
      window.told = []
      window.client = createLicenseClient({
        url: ${JSON.stringify(url)},
        keys: ${JSON.stringify(keys)},
        retries: 0,
        onChange: ({ status, code }) => window.told.push(status + ' ' + code),
      })`
    pages = createServer(({ url: asked }, response) => {
      const isScript = asked === '/client.js'
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
      const page = `<!doctype html><title>An app</title><script type="module">${start}</script>`
      response.end(isScript ? script : page)
    }).listen(0, '127.0.0.1')
    await once(pages, 'listening')
    browser = await chromium.launch({ executablePath: `${CHROMIUM}`, args: ['--no-sandbox'] })
    context = await browser.newContext()
    page = await context.newPage()
    await open()
  }, MINUTES)
  afterAll(async () => {
    await browser.close()
    pages.close()
    pages.closeAllConnections()
  })

  const open = () => page.goto(`http://localhost:${(pages.address() as AddressInfo).port}/`)

  const call = (method: keyof LicenseClient, ...args: string[]): Promise<LicenseStatus> =>
    page.evaluate(([name, given]) => Reflect.get(globalThis, 'client')[name](...given), [
      method,
      args,
    ] as const)

  it('activates, and knows it after the page was loaded again', async () => {
    const license = await buy('user_page')
    expect(await call('check')).toMatchObject({ status: 'unknown', code: 'NO_LICENSE' })
    expect(await call('activate', license, 'A page')).toMatchObject({
      status: 'valid',
      userId: 'user_page',
      features: expect.arrayContaining(['unlimited_agents']),
    })
    await open()
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'online' })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'told'))).toEqual(['valid VALID'])
  })

  it('goes on offline', async () => {
    await context.setOffline(true)
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'lease', tier: 'elite' })
    expect(await call('verify', 'QF-PRO-000000000000-1735689600')).toMatchObject({
      status: 'unknown',
      code: 'UNREACHABLE',
    })
    await context.setOffline(false)
  })

  it('is not taken in by a page that says anything', async () => {
    const everything = '**/api/**'
    await page.route(everything, (route) =>
      route.fulfill({
        status: 401,
        headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
        json: { valid: false, code: 'REVOKED' },
      }),
    )
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'lease' })
    await page.unroute(everything)
  })

  it('learns from the list of revocations that its lease is void', async () => {
    await page.route('**/api/**', (route) => route.abort())
    await revoke('user_page')
    await listed(1)
    expect(await call('check')).toMatchObject({
      status: 'invalid',
      code: 'REVOKED',
      source: 'list',
    })
    await context.setOffline(true)
    expect(await call('check')).toMatchObject({ status: 'invalid', source: 'list' })
    await context.setOffline(false)
    await page.unroute('**/api/**')
    expect(await call('check')).toMatchObject({ code: 'REVOKED', source: 'online' })
  })
})
