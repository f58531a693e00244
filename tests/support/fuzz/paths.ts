import fc from 'fast-check'
import { HOSTILE_TEXTS } from './damage.ts'

const escaped = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 3000)

/** Ways to write a path that nobody should. */
const MANGLES: readonly ((path: string, text: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `${path}%00`,
  (path) => `${path}/%2e%2e/%2e%2e/etc/passwd`,
  (path) => `/x/..${path}`,
  (path) => `${path}/../../health`,
  (path) => path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.slice(0, -1),
  (path) => `${path}%`,
  (path) => `${path}%zz`,
  (path) => `${path}%E0%A4%A`,
  (path) => `${path};x=1`,
  (path) => `${path}//`,
  (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  (path) => path.replace(/[^/]+$/, '__proto__'),
  (path) => path.replace(/[^/]+$/, ''),
  (path, text) => path.replace(/[^/]+$/, () => escaped(text)),
  (path, text) => `${path}/${escaped(text)}`,
  (path, text) => path.replace(/\/(lic|tok)_[^/]+/, () => `/${escaped(text)}`),
  (path) => `${path}${'/x'.repeat(1500)}`,
]

const anyText = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary' }))

/** A path as it should not be written. */
export const mangled = (path: string) =>
  fc.tuple(fc.constantFrom(...MANGLES), anyText).map(([mangle, text]) => mangle(path, text))

/** What stands behind the `?`, good or not. */
export const anyQuery = (good: string) =>
  fc.oneof(
    fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'limit',
            'cursor',
            'user',
            'state',
            'time',
            'until',
            'x',
            '__proto__',
            'constructor',
          ),
          fc.oneof(
            anyText,
            fc.constantFrom('1', '101', '1e3', 'active', '[]', '-0', 'WyJ4Iiwi', 'W10'),
          ),
        ),
        { maxLength: 4 },
      )
      .map((pairs) => pairs.map(([name, text]) => `${name}=${escaped(text)}`).join('&')),
    fc.constantFrom(
      `${good}&${good}`,
      '&',
      '=',
      '=x',
      '%',
      'limit=%E0%A4%A',
      'limit',
      'a[b]=1',
      '?',
      '+',
    ),
  )
