import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

type Compile = (source: string, options: object) => { html: string; errors: readonly object[] }

/**
 * Compiles the layout of all emails to a module that holds its HTML, because bundles and tests can read modules alike.
 * Version 5 of mjml-browser requires packages that it does not declare, so version 4 stays.
 *
 * @throws Error if layout.mjml is invalid
 */
export function buildLayoutModule(): string {
  // The browser build needs no other package, but expects a window.
  Object.assign(globalThis, { window: globalThis })
  const mjml = createRequire(import.meta.url)('mjml-browser') as Compile
  const source = readFileSync(new URL('../../lib/mail/layout.mjml', import.meta.url), 'utf8')
  const { html, errors } = mjml(source, { validationLevel: 'strict', minify: false })
  if (errors.length > 0) throw new Error(`layout.mjml: ${JSON.stringify(errors)}`)
  const layout = `${html
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n')}\n`
  return `/** Compiled from layout.mjml by \`npm run mail\`. Do not edit. */\nexport const LAYOUT = ${JSON.stringify(layout)}\n`
}
