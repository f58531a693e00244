import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { CHROMIUM } from '../../scripts/local/chromium.ts'
import { sharedBrowser, sharedSystem } from '../support/shared.ts'

const run = promisify(execFile)

/** The limit for an element to appear. */
const TIMEOUT_MS = 2 * 60_000
const ROOT_TOKEN = 'dev_admin_token'
const EVIL = `"><img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const browsers = CHROMIUM === undefined ? describe.skip : describe

/** Returns a name that no other test file uses: they share the system. */
const suffix = Date.now().toString(36)
let count = 0
const uniqueName = (prefix: string) => `${prefix}-${suffix}-${count++}`

browsers('the admin panel', () => {
  let url: string
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let consoleErrors: string[]
  let requestedUrls: string[]

  beforeAll(async () => {
    ;[{ url }, browser] = await Promise.all([sharedSystem(), sharedBrowser()])
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    page.setDefaultTimeout(TIMEOUT_MS)
    consoleErrors = []
    requestedUrls = []
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text())
    })
    page.on('pageerror', (error) => consoleErrors.push(`${error}`))
    page.on('request', (request) => requestedUrls.push(request.url()))
  })
  afterEach(async () => {
    const hacked = await page.evaluate(() => 'hacked' in globalThis)
    await context.close()
    expect(hacked).toBe(false)
    expect(consoleErrors).toEqual([])
    // The panel sends no request to another origin.
    expect(requestedUrls.filter((address) => !address.startsWith(`${url}/`))).toEqual([])
  })

  async function post<T>(route: string, body: object, token = ROOT_TOKEN): Promise<T> {
    const response = await fetch(`${url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    return (await response.json()) as T
  }

  const issue = (userId: string, more: object = {}) =>
    post<{ license: string }>('/api/generate', { userId, tier: 'pro', ...more })

  const verify = (license: string) =>
    post<{ valid: boolean; code: string }>('/api/verify', { license })

  const sendEvents = (...args: string[]) =>
    run(process.execPath, ['scripts/stripe/send.ts', '--url', url, ...args])

  async function signIn(token = ROOT_TOKEN, path = '/') {
    await page.goto(`${url}/admin${path}`)
    await page.getByLabel('API token', { exact: true }).fill(token)
    await button('Sign in').click()
    await button('Sign out').waitFor()
  }

  async function openLicense(user: string) {
    await signIn(ROOT_TOKEN, `/licenses?q=${user}`)
    await link(user).click()
    await page.getByRole('region', { name: 'Verdict' }).waitFor()
  }

  const button = (name: string) => page.getByRole('button', { name })
  const link = (name: string) => page.getByRole('link', { name })
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name })

  const stored = (storage: 'localStorage' | 'sessionStorage') =>
    page.evaluate(`JSON.stringify({ ...${storage} })`)

  /** Returns the serious findings of axe. */
  async function accessibilityErrors(): Promise<string[]> {
    // The content security policy of the page does not apply to scripts that the browser driver evaluates.
    await page.evaluate(await readFile(AXE, 'utf8'))
    return page.evaluate(async () => {
      const { violations } = await Reflect.get(globalThis, 'axe').run()
      return violations
        .filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical')
        .map(
          ({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
            `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
        )
    })
  }

  it('rejects an invalid token, and keeps a valid one out of URLs, cookies and local storage', async () => {
    await page.goto(`${url}/admin/`)
    const field = page.getByLabel('API token', { exact: true })
    expect(await field.getAttribute('type')).toBe('password')
    await field.fill('la_local_wrong')
    await button('Sign in').click()
    await page.getByText('This API token is invalid').waitFor()
    // Chromium logs the 401.
    expect(consoleErrors.splice(0)).toHaveLength(1)

    await signIn()
    await heading('Overview').waitFor()
    expect(await stored('localStorage')).not.toContain(ROOT_TOKEN)
    expect(await context.cookies()).toEqual([])
    expect(requestedUrls.join()).not.toContain(ROOT_TOKEN)
    await page.reload()
    await heading('Overview').waitFor()
    await button('Sign out').click()
    await field.waitFor()
    expect(await stored('sessionStorage')).not.toContain(ROOT_TOKEN)
  })

  it('finds a customer by email, shows a failed renewal, and revokes the license', async () => {
    const email = `${uniqueName('grace')}@example.com`
    const user = uniqueName('user')
    await sendEvents('--user', user, '--email', email, '--scenario', 'failed')
    await signIn(ROOT_TOKEN, '/licenses')

    await page.getByLabel('Search').fill(email.slice(0, -4).toUpperCase())
    await link(email).click()
    await heading(email).waitFor()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    expect(await verdict.textContent()).toMatch(/Valid VALID.*Grace period.*payment failed/)
    expect(await page.getByRole('link', { name: /^sub_/ }).getAttribute('href')).toMatch(
      /^https:\/\/dashboard\.stripe\.com\/test\/subscriptions\/sub_\w+$/,
    )

    await button('View key').click()
    await page.getByLabel('Reason').fill('requested by the customer')
    await page.getByRole('dialog').getByRole('button', { name: 'View key' }).click()
    const key = `${await page.locator('.secret code').textContent()}`
    expect(await verify(key)).toMatchObject({ valid: true, state: 'grace' })

    await button('Revoke').click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByLabel('Reason').fill('charged back')
    const confirm = dialog.getByRole('button', { name: 'Revoke' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel(`Type ${email} to confirm`).fill(email)
    await confirm.click()
    await verdict.getByText('Revoked by an admin').waitFor()
    // The Revoke button is gone, so the focus moves to the actions.
    await page.waitForFunction(`document.activeElement.getAttribute('aria-label') === 'Actions'`)
    await page.getByRole('listitem').filter({ hasText: 'charged back' }).waitFor()
    expect(await verify(key)).toMatchObject({ valid: false, code: 'REVOKED' })
  })

  it('finds a license by its key without adding the key to a URL', async () => {
    const user = uniqueName('keyed')
    const { license } = await issue(user)
    await signIn(ROOT_TOKEN, '/licenses')
    await page.getByLabel('Search').pressSequentially(license, { delay: 5 })
    await heading(user).waitFor()
    await page.goBack()
    await page.getByLabel('Search').fill(`License: "${license}"`)
    await heading(user).waitFor()
    const secret = license.slice(0, 'QF-PRO-0000'.length)
    expect([page.url(), ...requestedUrls].filter((address) => address.includes(secret))).toEqual([])
  })

  it('keeps the filters while the user types, and ignores invalid query parameters', async () => {
    const user = `qf-${uniqueName('4711')}`
    await issue(user)
    await signIn(ROOT_TOKEN, '/licenses')
    await page.getByLabel('Search').fill(user)
    await page.getByLabel('State').selectOption('active')
    await page.getByText('1 license on this page').waitFor()
    expect(new URL(page.url()).searchParams.get('state')).toBe('active')
    for (const odd of ['q=["a"]', 'state=odd&order=1', 'q={"a":1}&tier=[]']) {
      await page.goto(`${url}/admin/licenses?${odd}`)
      await page.getByText('licenses on this page').waitFor()
    }
  })

  it('works in a browser that blocks storage', async () => {
    await page.addInitScript(() => {
      for (const kind of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(globalThis, kind, {
          get() {
            throw new DOMException('denied', 'SecurityError')
          },
        })
      }
    })
    await signIn()
    await page.getByLabel('Theme').selectOption('dark')
    await heading('Overview').waitFor()
    await button('Sign out').click()
    await page.getByLabel('API token', { exact: true }).waitFor()
  })

  it('issues a license for a free checkout without a tier', async () => {
    const id = uniqueName('cs_free').replaceAll('-', '_')
    const email = `${uniqueName('free')}@example.com`
    const session = {
      id,
      payment_intent: null,
      payment_status: 'no_payment_required',
      metadata: {},
    }
    const values = Object.entries(session).flatMap(([path, value]) => [
      '--set',
      `${path}=${JSON.stringify(value)}`,
    ])
    await sendEvents('--email', email, '--purchase', id, ...values, 'checkout.session.completed')
    await signIn(ROOT_TOKEN, '/parked')
    await heading('Unmatched purchases').waitFor()
    expect(new URL(page.url()).pathname).toBe('/admin/unmatched-purchases')
    const purchase = page.getByRole('listitem').filter({ hasText: email })
    await purchase.getByRole('link', { name: 'Issue license' }).click()
    await page.getByLabel('User ID').fill(uniqueName('user'))
    expect(await page.getByLabel('Payment').inputValue()).toBe(id)
    await button('Issue license').click()
    await page.getByRole('heading', { name: 'License issued' }).waitFor()
    await link('Unmatched purchases').click()
    await heading('Unmatched purchases').waitFor()
    await purchase.waitFor({ state: 'detached' })
  })

  it('handles a double click as one click', async () => {
    const user = uniqueName('twice')
    await issue(user)
    await openLicense(user)
    await button('Add note').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Note' }).fill('a calm customer')
    await dialog.getByRole('button', { name: 'Add note' }).dblclick()
    await dialog.waitFor({ state: 'detached' })

    const name = uniqueName('token')
    await link('API tokens').click()
    await button('Create token').click()
    await dialog.getByLabel('Name').fill(name)
    await dialog.getByText('View licenses').click()
    await dialog.getByRole('button', { name: 'Create token' }).dblclick()
    await dialog.waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('heading', { name }).first().waitFor()
    expect(await page.getByRole('heading', { name }).count()).toBe(1)
    await page.goto(`${url}/admin/licenses?q=${user}`)
    await link(user).click()
    await page.getByText('a calm customer').first().waitFor()
    expect(await page.getByText('a calm customer').count()).toBe(1)
  })

  it('rejects a change of a license that was changed meanwhile', async () => {
    const user = uniqueName('raced')
    await issue(user)
    await openLicense(user)
    const id = page.url().split('/').at(-1)
    await button('Suspend').click()
    await post(`/api/admin/licenses/${id}/change-tier`, { tier: 'elite', reason: 'faster' })
    const dialog = page.getByRole('alertdialog')
    await dialog.getByLabel('Reason').fill('slower')
    await dialog.getByText('I confirm this action').click()
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    await dialog.getByText('The license was changed meanwhile and has been reloaded.').waitFor()
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    // Chromium logs the 409 of the first attempt.
    expect(consoleErrors.splice(0)).toHaveLength(1)
    await page.getByText('Suspended by an admin').waitFor()
  })

  it('issues the licenses of a CSV file exactly once', async () => {
    const batch = uniqueName('batch')
    const rows = Array.from({ length: 50 }, (_, index) => `${batch}-${index},,pro,30`)
    const csv = ['userId,userEmail,tier,duration', ...rows, `${batch}-bad,,gold,30`].join('\n')
    await signIn(ROOT_TOKEN, '/bulk')
    const file = { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) }
    await page.getByLabel('CSV file').setInputFiles(file)
    await page.getByText('50 of 51 rows can be issued').waitFor()
    const name = page.getByLabel('Batch name')
    expect(await name.inputValue()).toBe('rows.csv')
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/licenses/bulk', async (route) => {
      await released
      await route.continue()
    })
    await button('Issue 50 licenses').click()
    await page.getByText('Working').waitFor()
    await name.fill('another name while it is sent')
    expect(await name.inputValue()).toBe('rows.csv')
    release()
    await page.getByText('50 of 50 processed, 50 issued').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button('Download results').click(),
    ])
    const results = await text(await download.createReadStream())
    expect(results.match(/QF-PRO-[0-9a-f]{12}-\d+/g)).toHaveLength(50)
    expect(results).toContain('Not sent')

    await page.getByLabel('CSV file').setInputFiles(file)
    await button('Issue 50 licenses').click()
    await page.getByText('50 of 50 processed, 50 issued').waitFor()
    expect(await page.getByText('Already issued').count()).toBeGreaterThan(0)
    await page.getByRole('link', { name: 'Licenses', exact: true }).click()
    await page.getByLabel('Search').fill(`${batch}-49`)
    await page.getByText('1 license on this page').waitFor()
  })

  it('signs out with a notice once the token is revoked', async () => {
    const body = { name: uniqueName('token'), scopes: ['licenses:read'] }
    const { id, token } = await post<{ id: string; token: string }>('/api/admin/tokens', body)
    await signIn(token, '/licenses')
    await page.getByLabel('State').selectOption('revoked')
    await link('API tokens').click()
    await page.getByText('Sign in with an API token that has the tokens:manage scope').waitFor()

    await post(`/api/admin/tokens/${id}/revoke`, {})
    await link('Overview').click()
    await page.getByText('You were signed out').waitFor()
    expect(await stored('sessionStorage')).not.toContain(token)
    // Chromium logs the 403 and the 401.
    expect(consoleErrors.splice(0).length).toBeGreaterThan(1)
  })

  it('shows user input as text, never as HTML', async () => {
    const user = `${uniqueName('evil')}${EVIL}`
    const { license } = await issue(user, { paymentIntentId: `${uniqueName('pi_')}${EVIL}` })
    await post('/api/activate', { license, deviceId: uniqueName('device-of-one'), name: EVIL })
    await post('/api/admin/tokens', { name: EVIL, scopes: ['licenses:read'] })
    await signIn(ROOT_TOKEN, '/licenses')
    await page.getByLabel('Search').fill(user.slice(0, 20))
    await link(user).click()
    await heading(user).waitFor()
    await button('Add note').click()
    await page.getByRole('textbox', { name: 'Note' }).fill(EVIL)
    await page.getByRole('dialog').getByRole('button', { name: 'Add note' }).click()
    await page.getByRole('heading', { name: 'Note added', exact: true }).waitFor()
    const shown = `${await page.locator('main').textContent()}`
    expect(shown.split('globalThis.hacked=1').length).toBeGreaterThan(8)

    await link('API tokens').click()
    await page.getByRole('heading', { name: EVIL }).first().waitFor()
    const quoted = EVIL.replaceAll('"', '""')
    await page.goto(`${url}/admin/bulk`)
    await page.getByLabel(/^Or paste CSV text/).fill(`userId,tier\n"${quoted}","${quoted}"`)
    await page.getByText('0 of 1 rows can be issued').waitFor()
    await page.goto(`${url}/admin/licenses?q=${encodeURIComponent(EVIL)}`)
    await page.getByText('No licenses match these filters').waitFor()
  })

  it('has no serious axe findings on any page, wide or narrow, light or dark', async () => {
    const user = uniqueName('seen')
    await issue(user, { userEmail: 'seen@example.com' })
    await openLicense(user)
    await heading('seen@example.com').waitFor()
    const license = new URL(page.url()).pathname.replace('/admin', '')
    const paths = [
      '/',
      '/licenses',
      license,
      '/issue',
      '/bulk',
      '/unmatched-purchases',
      '/tokens',
      '/catalog',
    ]
    const found: string[] = []
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      for (const path of paths) {
        await page.goto(`${url}/admin${path}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.waitForLoadState('networkidle')
        found.push(
          ...(await accessibilityErrors()).map((finding) => `${path} ${width}: ${finding}`),
        )
        const wide = Number(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        )
        if (wide > 0) found.push(`${path} ${width}: ${wide} pixels too wide`)
      }
    }
    await page.goto(`${url}/admin${license}`)
    await button('Revoke').click()
    await page.getByRole('alertdialog').waitFor()
    found.push(...(await accessibilityErrors()))
    await page.keyboard.press('Escape')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    // The dialog returns the focus one frame after it closes.
    await page.waitForFunction("document.activeElement?.textContent === 'Revoke'")
    expect(found).toEqual([])
  })
})
