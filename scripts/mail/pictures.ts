/** node scripts/mail/pictures.ts <folder>: a picture of each mail as Chromium shows it, to look at after a change of the brand. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { catalog } from '../../lib/catalog/catalog.ts'
import { findTier } from '../../lib/catalog/tier.ts'
import { DAY_MS, type LicenseKey, type NoticeKind } from '../../lib/license/index.ts'
import { buildMessage, buildRecoveryMessage, type MessageData } from '../../lib/mail/messages.ts'
import { renderMail } from '../../lib/mail/render.ts'
import { CHROMIUM } from '../local/chromium.ts'

const KINDS: readonly NoticeKind[] = [
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

const [tierName = ''] = Object.keys(catalog.tiers).slice(1)
const tier = findTier(catalog, tierName) ?? Object.values(catalog.tiers)[0]
if (!tier) throw new Error('The catalog has no tier')
const key = `${catalog.prefix}-${tierName.toUpperCase()}-0123456789ab-1735689600` as LicenseKey
const about: MessageData = {
  key,
  userId: 'user_123',
  tier,
  seats: tier.seats,
  state: 'active',
  expiresAt: Date.now() + 30 * DAY_MS,
  isRenewed: false,
}
const eager = { ...catalog, mail: { ...catalog.mail, sendsRenewals: true } }
const keys = [
  { key, about: 'Pro, active' },
  { key, about: 'Free, expired' },
]

const folder = process.argv[2] ?? 'mail-pictures'
mkdirSync(folder, { recursive: true })
if (CHROMIUM === undefined) throw new Error('No Chromium is on this machine')
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
const letters = [
  ...KINDS.map((kind) => [kind, buildMessage(kind, about, eager)] as const),
  ['recovered', buildRecoveryMessage(keys, eager)] as const,
]
for (const { name, width, colorScheme } of VIEWS) {
  const page = await browser.newPage({ viewport: { width, height: 400 }, colorScheme })
  for (const [kind, letter] of letters) {
    if (!letter) continue
    await page.setContent(renderMail(letter, eager).html)
    const file = path.join(folder, `${kind}-${name}.png`)
    await page.screenshot({ path: file, fullPage: true })
    console.log(file)
  }
}
await browser.close()
