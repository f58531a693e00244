import type { Catalog } from '../catalog/schema.ts'
import { LAYOUT } from './layout.ts'
import type { MessageContent } from './messages.ts'

export interface Mail {
  readonly subject: string
  readonly html: string
  readonly text: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes a text for HTML content and quoted attributes. */
const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `${ENTITIES[character]}`)

/** Builds HTML from a template literal and escapes each value. */
const html = (strings: TemplateStringsArray, ...values: readonly string[]) =>
  String.raw({ raw: strings }, ...values.map(escapeHtml))

const paragraph = (text: string) => html`<p style="margin:0 0 12px 0">${text}</p>`

/** Replaces line breaks and control characters, so that a value cannot add lines. */
const toOneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** Renders a message as HTML and as plain text. */
export function renderMail(message: MessageContent, catalog: Catalog): Mail {
  const facts = message.facts?.map(({ label, value }) => ({ label, value: toOneLine(value) }))
  const content = { ...message, facts: facts ?? [] }
  return {
    subject: toOneLine(message.subject),
    html: toHtml(content, catalog),
    text: toText(content, catalog),
  }
}

function toHtml(content: MessageContent, { productName, mail }: Catalog): string {
  const { paragraphs, keys = [], facts = [], more = [], button } = content
  const { color, logoUrl, supportEmail } = mail
  const rows = facts.map(
    ({ label, value }) =>
      html`<tr><td class="label">${label}</td><td class="value">${value}</td></tr>`,
  )
  const parts: Readonly<Record<string, string>> = {
    subject: html`${content.subject}`,
    preview: html`${content.preview}`,
    title: html`${content.title}`,
    reason: html`${content.reason}`,
    supportEmail: html`${supportEmail}`,
    brand: logoUrl
      ? html`<img src="${logoUrl}" alt="${productName}" height="40" style="border:0;height:40px;font-size:18px" />`
      : html`${productName}`,
    paragraphs: paragraphs.map(paragraph).join(''),
    keys: keys.map(keyBox).join(''),
    facts: rows.join(''),
    more: more.map(paragraph).join(''),
    button: button
      ? html`<a href="${button.url}" style="display:inline-block;background:${color};color:#ffffff;text-decoration:none;font-weight:600;border-radius:6px;padding:11px 20px"><span style="color:#ffffff">${button.label}</span></a>`
      : '',
  }
  return LAYOUT.replace(/\{\{(\w+)\}\}/g, (placeholder, name) => parts[name] ?? placeholder)
}

function keyBox({ key, about }: NonNullable<MessageContent['keys']>[number]): string {
  const note =
    about === undefined
      ? ''
      : html`<br /><span style="font-weight:400;font-size:13px">${about}</span>`
  return `${html`<p class="key" style="margin:0 0 12px 0">${key}`}${note}</p>`
}

function toText(content: MessageContent, { mail }: Catalog): string {
  const { title, paragraphs, keys = [], facts = [], more = [], button, reason } = content
  const blocks = [
    title,
    ...paragraphs,
    ...keys.map(({ key, about }) => `    ${key}${about === undefined ? '' : `\n    ${about}`}`),
    facts.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    ...more,
    button ? `${button.label}: ${button.url}` : '',
    `--\n${reason}\nQuestions? ${mail.supportEmail}\n`,
  ]
  return blocks.filter(Boolean).join('\n\n')
}
