import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

type Compile = (source: string, options: object) => { html: string; errors: readonly object[] }

/**
 * The frame of all mails as HTML, with its places for Mustache still in it: compiled by MJML when the project is changed,
 * not when a mail is sent. Its build for browsers needs no other package; it wants to find a window.
 *
 * @throws Error for what is no MJML
 */
function compileLayout(): string {
  Object.assign(globalThis, { window: globalThis })
  const mjml = createRequire(import.meta.url)('mjml-browser') as Compile
  const source = readFileSync(new URL('../../lib/mail/layout.mjml', import.meta.url), 'utf8')
  const { html, errors } = mjml(source, { validationLevel: 'strict', minify: false })
  if (errors.length > 0) throw new Error(`layout.mjml: ${JSON.stringify(errors)}`)
  return `${html
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n')}\n`
}

/** A module that holds it, since a bundle and a test read modules alike. */
export const buildLayoutModule = () =>
  `/** Compiled from layout.mjml by \`npm run mail\`; change that and not this. */\nexport const LAYOUT = ${JSON.stringify(compileLayout())}\n`
