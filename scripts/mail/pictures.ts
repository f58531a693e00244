/** node scripts/mail/pictures.ts <folder>: takes screenshots of each email in Chromium, to check a change of branding. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { catalog } from '../../lib/catalog/catalog.ts'
import { DAY_MS, type LicenseKey, type Notice } from '../../lib/license/index.ts'
import { buildMessage, buildRecoveryMessage } from '../../lib/mail/messages.ts'
import { renderMail } from '../../lib/mail/render.ts'
import { CHROMIUM } from '../local/chromium.ts'

const KINDS: readonly Notice['kind'][] = [
  'issued',
  'reissued',
  'payment_failed',
  'renewed',
  'canceled',
  'revoked',
  'expiring_7',
]
const VIEWS = [
  { name: 'light', width: 700, colorScheme: 'light' },
  { name: 'dark', width: 700, colorScheme: 'dark' },
  { name: 'phone', width: 360, colorScheme: 'light' },
] as const

const [name, tier] = Object.entries(catalog.tiers).at(1) ?? []
if (!name || !tier) throw new Error('The catalog has fewer than two tiers')
if (CHROMIUM === undefined) throw new Error('Chromium is not installed')
const sample = { ...catalog, mail: { ...catalog.mail, sendsRenewals: true } }
const key = `${catalog.prefix}-${name.toUpperCase()}-0123456789ab-1735689600` as LicenseKey
const data = {
  getKey: () => key,
  userId: 'user_123',
  tier,
  seats: tier.seats,
  state: 'active',
  expiresAt: Date.now() + 30 * DAY_MS,
  renews: false,
} as const
const keys = ['Pro, active', 'Free, expired'].map((about) => ({ key, about }))
const messages = [
  ...KINDS.map((kind) => [kind, buildMessage(kind, data, sample)] as const),
  ['recovered', buildRecoveryMessage(keys, sample)] as const,
]

const folder = process.argv[2] ?? 'mail-pictures'
mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
for (const view of VIEWS) {
  const { width, colorScheme } = view
  const page = await browser.newPage({ viewport: { width, height: 400 }, colorScheme })
  for (const [kind, content] of messages) {
    if (!content) continue
    await page.setContent(renderMail(content, sample).html)
    const file = path.join(folder, `${kind}-${view.name}.png`)
    await page.screenshot({ path: file, fullPage: true })
    console.log(file)
  }
}
await browser.close()
