import { existsSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'

/** The address of `npm start`. */
export const LOCAL_URL = 'http://localhost:8000'

/** The options of every command. */
export interface GlobalOptions {
  readonly url: string
  readonly token?: string
  readonly json?: true
}

/** Creates a parser of values that match a pattern. */
const matching = (pattern: RegExp, message: string) => (text: string) => {
  if (pattern.test(text)) return Number(text)
  throw new InvalidArgumentError(message)
}

export const parseInteger = matching(/^-?\d+$/, 'It must be a whole number.')
export const parseCount = matching(/^[1-9]\d*$/, 'It must be a whole number of at least 1.')
export const parseSeconds = matching(/^\d{1,4}$/, 'It must be a number of seconds.')

export function parseUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new InvalidArgumentError('It must be a URL.')
}

export function parseFile(text: string): string {
  if (existsSync(text)) return text
  throw new InvalidArgumentError('It does not exist.')
}
