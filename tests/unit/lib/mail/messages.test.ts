import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { LicenseKey, Notice } from '../../../../lib/license/index.ts'
import { LAYOUT } from '../../../../lib/mail/layout.ts'
import {
  buildMessage,
  buildRecoveryMessage,
  type MessageData,
} from '../../../../lib/mail/messages.ts'
import { renderMail } from '../../../../lib/mail/render.ts'
import { buildLayoutModule } from '../../../../scripts/mail/compile.ts'
import { NOW } from '../../../support/licenses.ts'

const KEY = 'QF-PRO-0123456789ab-1735689600' as LicenseKey
const { pro } = catalog.tiers
if (!pro) throw new Error('There is no tier pro')
const DATA: MessageData = {
  getKey: () => KEY,
  userId: 'user_123',
  tier: pro,
  seats: 3,
  state: 'active',
  expiresAt: NOW,
  renews: false,
}
const KINDS: Notice['kind'][] = [
  'issued',
  'reissued',
  'payment_failed',
  'renewed',
  'canceled',
  'revoked',
  'expiring_7',
  'expiring_1',
]
const sending = { ...catalog, mail: { ...catalog.mail, sendsRenewals: true } }

const aMail = (kind: Notice['kind'], data: Partial<MessageData> = {}, from = sending) => {
  const content = buildMessage(kind, { ...DATA, ...data }, from)
  if (!content) throw new Error(`${kind} is not sent`)
  return renderMail(content, from)
}

/** Returns the visible text of an HTML email. */
const visible = (html: string) =>
  html
    .replace(/<head>[\s\S]*?<\/head>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')

describe('the layout', () => {
  it('is compiled from layout.mjml by npm run mail', () => {
    const [, compiled = ''] = /export const LAYOUT = (".*")\n$/.exec(buildLayoutModule()) ?? []
    expect(LAYOUT).toBe(JSON.parse(compiled))
  })

  it('loads nothing from the network but the logo', () => {
    const { html } = aMail('issued')
    const links = [...html.matchAll(/(?:href|src|url\()="?'?(https?:[^"')]+)/g)].map(([, to]) => to)
    expect(links).toEqual([catalog.mail.links.app])
  })

  it('shows the logo and color of the catalog, or the product name', () => {
    const logoUrl = 'https://example.com/logo.png?a&b'
    const branded = { ...sending, mail: { ...sending.mail, logoUrl, color: '#c0ffee' } }
    const { html } = aMail('issued', {}, branded)
    expect(html).toContain(
      '<img src="https://example.com/logo.png?a&amp;b" alt="Quantum Falcon" height="40"',
    )
    expect(html).toContain('background:#c0ffee')
    expect(aMail('issued').html).not.toContain('<img')
  })
})

describe.each(KINDS)('the email %s', (kind) => {
  const { html, text, subject } = aMail(kind)

  it('has the same content as HTML and as text', () => {
    const words = visible(html)
    for (const line of text.split('\n').filter((one) => one !== '--' && !one.includes('http'))) {
      expect(words).toContain(line.trim().replace(/^(Plan|Expires on|Devices|Account): /, ''))
    }
  })

  it('fills every placeholder', () => {
    for (const part of [html, text, subject]) expect(part).not.toMatch(/\{\{|undefined|\[object/)
  })

  it('has a subject of one line, the reason for sending and a support address', () => {
    expect(subject).toMatch(/^Your .{10,70}$/)
    expect(text).toContain('You received this email because')
    expect(text).toContain('support@example.com')
  })
})

describe('the user id in an email', () => {
  const evil = `<script>alert('1')</script>"><img src=x onerror=y>&amp;{{title}}$&\r\nBcc: all@example.com`
  const shown = evil.replace('\r\n', ' ')

  it('is escaped and cannot add lines', () => {
    const { html, text, subject } = aMail('issued', { userId: evil })
    expect(html).toContain(
      '<td class="value">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=y&gt;&amp;amp;{{title}}$&amp; Bcc',
    )
    expect(visible(html)).toContain(shown)
    expect(text).toContain(`\nAccount: ${shown}\n`)
    expect(subject).not.toMatch(/[\r\n]/)
  })
})

describe('the content of an email', () => {
  it.each<[text: string, kind: Notice['kind'], data: Partial<MessageData>]>([
    ['Expires: Never', 'issued', { expiresAt: null }],
    ['Expires on: 1 January 2025', 'issued', {}],
    ['Renews on: 1 January 2025', 'issued', { renews: true }],
    ['valid until 1 January 2025', 'payment_failed', {}],
    ['has expired', 'canceled', { expiresAt: null }],
    ['until 1 January 2025', 'canceled', {}],
  ])('says "%s" in %s with %j', (text, kind, data) => {
    expect(aMail(kind, data).text).toContain(text)
  })

  it.each<[text: string, kind: Notice['kind'], data: Partial<MessageData>]>([
    ['valid until', 'payment_failed', { expiresAt: null }],
    ['Account', 'issued', { userId: null }],
  ])('omits "%s" in %s with %j', (text, kind, data) => {
    expect(aMail(kind, data).text).not.toContain(text)
  })

  it('is undefined for a renewal unless the catalog enables it', () => {
    expect(buildMessage('renewed', DATA, catalog)).toBeUndefined()
  })

  it('describes each of several recovered keys', () => {
    const keys = ['Pro, active', 'Free, expired'].map((about) => ({ key: KEY, about }))
    const { subject, text, html } = renderMail(buildRecoveryMessage(keys, catalog), catalog)
    expect(subject).toBe('Your Quantum Falcon license keys')
    for (const part of [text, html]) expect(part).toContain('Free, expired')
    const one = buildRecoveryMessage(keys.slice(1), catalog)
    expect(one.subject).toBe('Your Quantum Falcon license key')
  })
})
