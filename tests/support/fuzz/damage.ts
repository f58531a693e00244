import fc from 'fast-check'

/** Texts that programs have stumbled over. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '🦅🏳️‍🌈',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'tail\udfff',
  'x'.repeat(10_000),
  '🦅'.repeat(5_000),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'NaN',
  '-1',
  '../../etc/passwd',
  '%00%2e%2e',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '{{constructor}}',
  'LICENSE#x',
  '٣٣٣',
  'é\u0301\u202e',
]

const deep = (open: string, close: string, depth = 3_000) =>
  open.repeat(depth) + close.repeat(depth)

/** As they are written in JSON, or nearly so. */
const HOSTILE_JSON = [
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
  '1e400',
  '-1e400',
  '-0',
  '0',
  '-1',
  '1.5',
  '1e21',
  '5e-324',
  '9007199254740993',
  'NaN',
  'Infinity',
  'undefined',
  'null',
  'true',
  '[]',
  '{}',
  '[null]',
  '[[[]]]',
  '{"length":3,"0":"x"}',
  '{"toString":1,"valueOf":1,"toJSON":1}',
  '{"__proto__":{"valid":true,"scopes":["licenses:write"]}}',
  '{"constructor":{"prototype":{"tier":"lifetime"}}}',
  '"\\ud83e"',
  '"\\x"',
  deep('[', ']'),
  deep('{"x":', '}').replace('}', '1}'),
]

type Path = readonly (string | number)[]

function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Object.entries(value).flatMap(([name, child]) => placesIn(child, [...path, name]))
  return [path, ...below]
}

const MARK = 'the place that is spoilt'

/** Puts something else in a place. The mark is a value that no generated body holds. */
function marked(value: unknown, [name, ...rest]: Path): unknown {
  if (name === undefined) return MARK
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) }
  copy[name] = marked(copy[name], rest)
  return copy
}

const valueAt = (value: unknown, path: Path) =>
  path.reduce((here: unknown, name) => (here as Record<string, unknown>)[name], value)

const WAYS = [
  'replaced',
  'replaced',
  'replaced',
  'named otherwise',
  'twice',
  'twice before',
  'more',
] as const

/** A text as something that is in one place only, in JSON; anything else as it is. */
function namedFor(place: string, json: string): string {
  return /^"[\x21-\x7e]+"$/.test(json) ? json.replace(/"$/, () => `_${place}"`) : json
}

/**
 * A good value in JSON, with one place of it spoilt. `kind` parts the names that are put into values of several kinds,
 * where a name is never of two things: no id of Stripe's is.
 */
export const spoilt = (value: unknown, kind?: string): fc.Arbitrary<string> =>
  fc
    .record({
      path: fc.constantFrom(...placesIn(value)),
      way: fc.constantFrom(...WAYS),
      bad: fc.oneof(fc.constantFrom(...HOSTILE_JSON), fc.json()),
    })
    .map(({ path, way, bad: any }) => {
      const bad = kind === undefined ? any : namedFor([kind, ...path].join('_'), any)
      const old = JSON.stringify(valueAt(value, path)) ?? 'null'
      const name = typeof path.at(-1) === 'string' ? JSON.stringify(path.at(-1)) : undefined
      const text = JSON.stringify(marked(value, path))
      const put = (instead: string) => text.replace(`"${MARK}"`, () => instead)
      if (name !== undefined && way === 'named otherwise') {
        return text.replace(`${name}:"${MARK}"`, () => `"__proto__":${old}`)
      }
      if (name !== undefined && way === 'twice') return put(`${old},${name}:${bad}`)
      if (name !== undefined && way === 'twice before') return put(`${bad},${name}:${old}`)
      if (way === 'more' && old.startsWith('{"')) {
        return put(`{"__proto__":${bad},"constructor":${bad},${old.slice(1)}`)
      }
      return put(bad)
    })

/** What is no JSON, or none that anybody asked for. */
export const rubbish = (good: string): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.nat(good.length).map((end) => good.slice(0, end)) },
    { weight: 20, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 15,
      arbitrary: fc
        .uint8Array({ minLength: 1, maxLength: 9 })
        .map((bytes) => Buffer.concat([Buffer.from(good), bytes])),
    },
    { weight: 20, arbitrary: fc.json() },
    { weight: 15, arbitrary: fc.constantFrom(...HOSTILE_JSON) },
    { weight: 10, arbitrary: fc.constant('') },
    { weight: 5, arbitrary: fc.constant(`\ufeff${good}`) },
    { weight: 5, arbitrary: fc.constant(large(good, 70_000)) },
    { weight: 1, arbitrary: fc.constant(large(good, 2_000_000)) },
  )

/** Good but for its size. */
const large = (good: string, length: number) => `${good}${' '.repeat(length)}`
