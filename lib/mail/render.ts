import Mustache from 'mustache'
import type { Catalog } from '../catalog/schema.ts'
import { LAYOUT } from './layout.ts'
import type { MessageContent } from './messages.ts'

export interface Mail {
  readonly subject: string
  readonly html: string
  readonly text: string
}

const TEXT = `{{{title}}}

{{#paragraphs}}
{{{.}}}

{{/paragraphs}}
{{#keys}}
    {{{key}}}
{{#about}}
    {{{about}}}
{{/about}}

{{/keys}}
{{#facts}}
{{{label}}}: {{{value}}}
{{/facts}}
{{#hasFacts}}

{{/hasFacts}}
{{#more}}
{{{.}}}

{{/more}}
{{#button}}
{{{label}}}: {{{url}}}

{{/button}}
--
{{{reason}}}
Questions? {{{supportEmail}}}
`

/** What stands in one line stays in one line, whatever a user calls himself. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** A letter as a mail, as HTML and as plain text of the same data. Whatever stands in the data is text and nothing else. */
export function renderMail(letter: MessageContent, { productName, mail }: Catalog): Mail {
  const { button, facts = [] } = letter
  const view = {
    ...letter,
    facts: facts.map(({ label, value }) => ({ label, value: oneLine(value) })),
    hasFacts: facts.length > 0,
    ...(button && { button: { ...button, color: mail.color } }),
    productName,
    logoUrl: mail.logoUrl,
    supportEmail: mail.supportEmail,
  }
  return {
    subject: oneLine(letter.subject),
    html: Mustache.render(LAYOUT, view),
    text: Mustache.render(TEXT, view),
  }
}
