/** A sent email. */
export interface SentEmail {
  readonly messageId: string
  readonly from: string
  readonly replyTo: readonly string[]
  readonly destination: {
    readonly to: readonly string[]
    readonly cc: readonly string[]
    readonly bcc: readonly string[]
  }
  readonly subject: string
  readonly body: { readonly html?: string; readonly text?: string }
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly tags: readonly { readonly name: string; readonly value: string }[]
  readonly configurationSet?: string
  /** The time of sending, in seconds since the epoch. */
  readonly at: number
}

const STYLE = `
:root { color-scheme: light dark }
body { margin: 0 auto; max-width: 48rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif }
details { border: 1px solid #8888; border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem }
summary { cursor: pointer; overflow-wrap: anywhere }
summary small { display: block; opacity: .8 }
h2 { font-size: 1rem; margin: 1rem 0 .25rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0 }
dt { opacity: .8 }
dd { margin: 0; overflow-wrap: anywhere }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
iframe { background: Canvas; border: 1px solid #8888; box-sizing: border-box; height: 40rem; width: 100% }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .25rem } }
`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (value: string) => value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)

/**
 * Renders a page that lists emails with their HTML, text and headers, newest first. A sandboxed frame shows the HTML: it
 * can neither run scripts nor access the page.
 */
export function renderInbox(emails: readonly SentEmail[]): string {
  const list = emails.toReversed().map(toDetails).join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>License Authority: sent emails</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<h1>Sent emails</h1>
${list || '<p>No email was sent since npm start. Reload the page to see new ones.</p>'}
</body>
</html>
`
}

function toDetails(email: SentEmail): string {
  const { from, replyTo, destination, subject, body, headers, tags, configurationSet, at } = email
  const sent = new Date(at * 1000).toISOString()
  const fields: readonly (readonly [string, string])[] = [
    ['From', from],
    ['To', destination.to.join(', ')],
    ['Cc', destination.cc.join(', ')],
    ['Bcc', destination.bcc.join(', ')],
    ['Reply-To', replyTo.join(', ')],
    ['Message ID', email.messageId],
    ['Configuration set', configurationSet ?? ''],
    ...headers.map(({ name, value }) => [name, value] as const),
    ...tags.map(({ name, value }) => [`Tag ${name}`, value] as const),
  ]
  const shown = fields
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
  return `<details>
<summary>${escapeHtml(subject)}
<small>to ${escapeHtml(destination.to.join(', '))}, <time datetime="${sent}">${sent.slice(0, 19).replace('T', ' ')} UTC</time></small></summary>
${body.html === undefined ? '' : `<h2>HTML</h2>\n<iframe sandbox title="HTML of the email" loading="lazy" srcdoc="${escapeHtml(body.html)}"></iframe>`}
${body.text === undefined ? '' : `<h2>Text</h2>\n<pre>${escapeHtml(body.text)}</pre>`}
<h2>Headers</h2>
<dl>${shown.join('')}</dl>
</details>`
}
