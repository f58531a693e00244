import fc from 'fast-check'
import { HOSTILE_TEXTS } from './damage.ts'

const escaped = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 3000)

/** Mutations of a path. */
const MANGLES: readonly ((path: string, text: string) => string)[] = [
  ...[
    '/',
    '%00',
    '%',
    '%zz',
    '%E0%A4%A',
    ';x=1',
    '//',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/../../health',
  ].map((suffix) => (path: string) => `${path}${suffix}`),
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `/x/..${path}`,
  (path) => path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.slice(0, -1),
  (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  (path) => path.replace(/[^/]+$/, '__proto__'),
  (path) => path.replace(/[^/]+$/, ''),
  (path, text) => path.replace(/[^/]+$/, () => escaped(text)),
  (path, text) => `${path}/${escaped(text)}`,
  (path, text) => path.replace(/\/(lic|tok)_[^/]+/, () => `/${escaped(text)}`),
  (path) => `${path}${'/x'.repeat(1500)}`,
]

const anyText = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary' }))

/** A malformed path. */
export const mangled = (path: string) =>
  fc.tuple(fc.constantFrom(...MANGLES), anyText).map(([mangle, text]) => mangle(path, text))

const NAMES = 'limit cursor user state time until x __proto__ constructor'.split(' ')
const VALUES = '1 101 1e3 active [] -0 WyJ4Iiwi W10'.split(' ')

/** A query string, valid or not. */
export const anyQuery = (valid: string) =>
  fc.oneof(
    fc
      .array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(anyText, fc.constantFrom(...VALUES))), {
        maxLength: 4,
      })
      .map((pairs) => pairs.map(([name, text]) => `${name}=${escaped(text)}`).join('&')),
    fc.constantFrom(`${valid}&${valid}`, ...'& = =x % limit=%E0%A4%A limit a[b]=1 ? +'.split(' ')),
  )
