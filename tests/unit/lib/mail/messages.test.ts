import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { type LicenseKey, type NoticeKind, parseKey } from '../../../../lib/license/index.ts'
import {
  buildMessage,
  buildRecoveryMessage,
  type MessageData,
} from '../../../../lib/mail/messages.ts'
import { renderMail } from '../../../../lib/mail/render.ts'
import { buildLayoutModule } from '../../../../scripts/mail/compile.ts'
import { NOW } from '../../../support/licenses.ts'

const KEY = parseKey('QF-PRO-0123456789ab-1735689600', 'QF') as LicenseKey
const { pro } = catalog.tiers
if (!pro) throw new Error('There is no tier pro')
const ABOUT: MessageData = {
  key: KEY,
  userId: 'user_123',
  tier: pro,
  seats: 3,
  state: 'active',
  expiresAt: NOW,
  isRenewed: false,
}

const KINDS: NoticeKind[] = [
  'issued',
  'reissued',
  'payment_failed',
  'renewed',
  'canceled',
  'revoked',
  'expiring_7',
  'expiring_1',
]
const eager = { ...catalog, mail: { ...catalog.mail, sendsRenewals: true } }
const mailOf = (kind: NoticeKind, about: Partial<MessageData> = {}, sold = eager) => {
  const letter = buildMessage(kind, { ...ABOUT, ...about }, sold)
  if (!letter) throw new Error(`${kind} is not sent`)
  return renderMail(letter, sold)
}

describe('the frame of the mails', () => {
  it('is what MJML makes of layout.mjml: npm run mail compiles it anew', async () => {
    const { LAYOUT } = await import('../../../../lib/mail/layout.ts')
    const compiled = /export const LAYOUT = (".*")\n$/.exec(buildLayoutModule())?.[1] ?? ''
    expect(LAYOUT).toBe(JSON.parse(compiled))
  })

  it('asks for nothing on the network but the logo', () => {
    const { html } = mailOf('issued')
    const links = [...html.matchAll(/(?:href|src|url\()="?'?(https?:[^"')]+)/g)].map(([, to]) => to)
    expect(links.map((link) => link?.replaceAll('&#x2F;', '/'))).toEqual([catalog.mail.links.app])
  })

  it('leaves no place unfilled', () => {
    for (const kind of KINDS) {
      const { html, text, subject } = mailOf(kind)
      for (const part of [html, text, subject]) expect(part).not.toMatch(/\{\{|undefined|\[object/)
    }
  })
})

describe.each(KINDS)('the mail %s', (kind) => {
  it('says the same as HTML and as text', () => {
    const { html, text } = mailOf(kind)
    const words = html
      .replace(/<head>[\s\S]*?<\/head>/, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/&#x27;|&#39;/g, "'")
      .replace(/\s+/g, ' ')
    for (const line of text.split('\n').filter((one) => one !== '--' && !one.includes('http'))) {
      const said = line.trim().replace(/^(Plan|Valid until|Devices|Account): /, '')
      expect(words).toContain(said)
    }
  })

  it('has a subject of one line, and a reason why it is sent', () => {
    const { subject, text } = mailOf(kind)
    expect(subject).toMatch(/^Your .{10,70}$/)
    expect(text).toContain('You get this mail because')
    expect(text).toContain('support@example.com')
  })
})

describe('what a user calls himself', () => {
  const evil = '<script>alert(1)</script>"><img src=x onerror=y>\r\nBcc: all@example.com'

  it('is text and nothing else', () => {
    const { html, text, subject } = mailOf('issued', { userId: evil })
    expect(html).not.toContain('<script')
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;script&gt;')
    expect(text).toContain('<script>alert(1)</script>"><img src=x onerror=y> Bcc: all@example.com')
    expect(text.split('\n').some((line) => line.startsWith('Bcc'))).toBe(false)
    expect(subject).not.toMatch(/[\r\n]/)
  })
})

describe('words that depend', () => {
  it('are those of a license for life', () => {
    expect(mailOf('issued', { expiresAt: null }).text).toContain('Valid until: For ever')
    expect(mailOf('payment_failed', { expiresAt: null }).text).not.toContain('goes on until')
    expect(mailOf('canceled', { expiresAt: null }).text).toContain('has ended')
  })

  it('are those of one that renews', () => {
    expect(mailOf('issued', { isRenewed: true }).text).toContain('Renews on: 1 January 2025')
  })

  it('name no account where nobody is known', () => {
    expect(mailOf('issued', { userId: null }).text).not.toContain('Account')
  })

  it('are not said of a renewal that the catalog does not want told', () => {
    expect(buildMessage('renewed', ABOUT, catalog)).toBeUndefined()
  })

  it('show the logo of the catalog, or the name of the product', () => {
    const logoUrl = 'https://example.com/logo.png'
    const branded = { ...eager, mail: { ...eager.mail, logoUrl, color: '#c0ffee' } }
    const { html } = mailOf('issued', {}, branded)
    expect(html).toContain(
      `<img src="https:&#x2F;&#x2F;example.com&#x2F;logo.png" alt="Quantum Falcon"`,
    )
    expect(html).toContain('background:#c0ffee')
    expect(mailOf('issued').html).not.toContain('<img')
  })

  it('tell keys apart when there are several', () => {
    const keys = [
      { key: KEY, about: 'Pro, active' },
      { key: KEY, about: 'Free, expired' },
    ]
    const { subject, text, html } = renderMail(buildRecoveryMessage(keys, catalog), catalog)
    expect(subject).toBe('Your Quantum Falcon license keys')
    for (const part of [text, html]) expect(part).toContain('Free, expired')
    const one = buildRecoveryMessage(keys.slice(1), catalog)
    expect(one.subject).toBe('Your Quantum Falcon license key')
  })
})

describe('what is compiled', () => {
  it('would be seen if it were another', () => {
    expect(buildLayoutModule()).not.toBe(readFileSync('lib/mail/layout.mjml', 'utf8'))
  })
})
