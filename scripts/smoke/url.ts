import { InvalidArgumentError } from 'commander'

/** An option that is a URL. */
export function aUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new InvalidArgumentError('It must be a URL.')
}
