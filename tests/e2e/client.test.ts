import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { fileStorage } from '../../clients/typescript/src/fileStorage.ts'
import {
  createLicenseClient,
  type LicenseClient,
  type LicenseStatus,
  type PublishedKeys,
} from '../../clients/typescript/src/index.ts'
import { CHROMIUM } from '../../scripts/local/chromium.ts'
import { HAS_JOSERFC } from '../support/machine.ts'
import { sharedBrowser, sharedSystem } from '../support/shared.ts'

const run = promisify(execFile)

/** Directory for the files of the apps. */
let directory: string
let url: string
let keys: PublishedKeys

beforeAll(async () => {
  ;({ url } = await sharedSystem())
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-client-'))
  keys = await get<PublishedKeys>('/.well-known/jwks.json')
})
afterAll(() => rm(directory, { recursive: true }))

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

/** Revokes the license of a user. Returns its id. */
async function revoke(userId: string): Promise<string> {
  const query = new URLSearchParams({ user: userId })
  const { items } = await get<{ items: { id: string }[] }>(`/api/admin/licenses?${query}`)
  const id = `${items[0]?.id}`
  await post(`/api/admin/licenses/${id}/revoke`, { reason: 'test' })
  return id
}

/** Waits until the stream has added a license to the revocation list. */
async function waitUntilListed(id: string): Promise<void> {
  for (;;) {
    const token = await (await fetch(`${url}/.well-known/revocations.jwt`)).text()
    const { revoked } = JSON.parse(`${Buffer.from(token.split('.')[1] ?? '', 'base64url')}`)
    if (Object.keys(revoked).some((part) => id.includes(part))) return
    await sleep(100)
  }
}

describe('the client in Node', () => {
  it('activates, works offline, and frees its seat', async () => {
    const file = path.join(directory, 'license.json')
    let isDown = false
    const aClient = () =>
      createLicenseClient({
        url,
        keys,
        storage: fileStorage(file),
        retries: 0,
        // A slow machine must not cause a timeout.
        timeoutMs: 60_000,
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

/** Main program for the code of the README. It prints the code after each call. */
const PYTHON_MAIN = `
SERVICE, now = URL, time.time

def run(license=sys.argv[1], route='verify', url=SERVICE, days=0):
    global URL
    URL, time.time = url, lambda: now() + days * 86400
    claims = check(license, 'python', route)
    print(claims and claims['code'])

NOWHERE = 'http://127.0.0.1:1'
run(route='activate')
run()
run(url=NOWHERE)
run(url=NOWHERE, days=13)
run(url=NOWHERE, days=15)
run('nonsense', url=NOWHERE)
run(route='deactivate')
run(url=NOWHERE, days=30)
run('nonsense')
`
describe('the Python example', () => {
  const where = HAS_JOSERFC ? it : it.skip
  where('works as in the README', async () => {
    const readme = await readFile('clients/README.md', 'utf8')
    const [, shown = ''] = /```python\n([\s\S]*?)\n```/.exec(readme) ?? []
    const program = `import sys\n${shown.replace('https://licenses.example.com', url)}${PYTHON_MAIN}`
    const app = path.join(directory, 'python')
    await cp('clients/python', app, { recursive: true })
    await writeFile(path.join(app, 'app.py'), program)
    await writeFile(path.join(app, 'license-keys.json'), JSON.stringify(keys))
    const license = await buy('user_python')
    const { stdout } = await run('python3', ['-W', 'ignore', 'app.py', license], { cwd: app })
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

const browsers = CHROMIUM === undefined ? describe.skip : describe
/** Origin of the app, which the CORS policy allows. */
const APP = 'http://localhost:5173'

browsers('the client in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page

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
      window.statuses = []
      window.client = createLicenseClient({
        url: ${JSON.stringify(url)},
        keys: ${JSON.stringify(keys)},
        retries: 0,
        onChange: ({ status, code }) => window.statuses.push(status + ' ' + code),
      })`
    const html = `<!doctype html><title>An app</title><script type="module">${start}</script>`
    browser = await sharedBrowser()
    context = await browser.newContext()
    await context.route(`${APP}/`, (route) =>
      route.fulfill({ contentType: 'text/html', body: html }),
    )
    await context.route(`${APP}/client.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    )
    page = await context.newPage()
    await open()
  })
  afterAll(() => browser?.close())

  const open = () => page.goto(`${APP}/`)

  const call = (method: keyof LicenseClient, ...args: string[]): Promise<LicenseStatus> =>
    page.evaluate(([name, given]) => Reflect.get(globalThis, 'client')[name](...given), [
      method,
      args,
    ] as const)

  it('activates, and stays activated after a reload', async () => {
    const license = await buy('user_page')
    expect(await call('check')).toMatchObject({ status: 'unknown', code: 'NO_LICENSE' })
    expect(await call('activate', license, 'A page')).toMatchObject({
      status: 'valid',
      userId: 'user_page',
      features: expect.arrayContaining(['unlimited_agents']),
    })
    await open()
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'online' })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'statuses'))).toEqual(['valid VALID'])
  })

  it('works offline', async () => {
    await context.setOffline(true)
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'lease', tier: 'elite' })
    expect(await call('verify', 'QF-PRO-000000000000-1735689600')).toMatchObject({
      status: 'unknown',
      code: 'UNREACHABLE',
    })
    await context.setOffline(false)
  })

  it('ignores unsigned responses', async () => {
    const api = '**/api/**'
    await page.route(api, (route) =>
      route.fulfill({
        status: 401,
        headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
        json: { valid: false, code: 'REVOKED' },
      }),
    )
    expect(await call('check')).toMatchObject({ status: 'valid', source: 'lease' })
    await page.unroute(api)
  })

  it('learns from the revocation list that its lease is revoked', async () => {
    await page.route('**/api/**', (route) => route.abort())
    await waitUntilListed(await revoke('user_page'))
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
