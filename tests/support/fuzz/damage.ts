import fc from 'fast-check'

/** Texts that commonly break programs. */
export const HOSTILE_TEXTS = [
  ...'null NaN -1 __proto__ constructor toString hasOwnProperty ../../etc/passwd %00%2e%2e LICENSE#x ٣٣٣'.split(
    ' ',
  ),
  ...['', ' ', '🦅🏳️‍🌈', '\u0000', 'a\u0000b', '\ud800', 'tail\udfff', 'é\u0301\u202e'],
  ...["' OR 1=1 --", '<script>alert(1)</script>', '{{constructor}}'],
  ...['x'.repeat(10_000), '🦅'.repeat(5_000)],
]

const deep = (open: string, close: string, depth = 3_000) =>
  open.repeat(depth) + close.repeat(depth)

/** Values in JSON, or nearly. */
const HOSTILE_JSON = [
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
  ...'1e400 -1e400 -0 0 -1 1.5 1e21 5e-324 9007199254740993 NaN Infinity undefined null true'.split(
    ' ',
  ),
  ...['[]', '{}', '[null]', '[[[]]]', '{"length":3,"0":"x"}', '"\\ud83e"', '"\\x"'],
  '{"toString":1,"valueOf":1,"toJSON":1}',
  '{"__proto__":{"valid":true,"scopes":["licenses:write"]}}',
  '{"constructor":{"prototype":{"tier":"lifetime"}}}',
  deep('[', ']'),
  deep('{"x":', '}').replace('}', '1}'),
]

type Path = readonly (string | number)[]

function listPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Object.entries(value).flatMap(([name, child]) => listPaths(child, [...path, name]))
  return [path, ...below]
}

const MARK = 'the replaced value'

/** Replaces the value at a path by the mark, which no generated body contains. */
function mark(value: unknown, [name, ...rest]: Path): unknown {
  if (name === undefined) return MARK
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) }
  copy[name] = mark(copy[name], rest)
  return copy
}

const valueAt = (value: unknown, path: Path) =>
  path.reduce((here: unknown, name) => (here as Record<string, unknown>)[name], value)

const MUTATIONS = [
  'replace',
  'replace',
  'replace',
  'rename',
  'append',
  'prepend',
  'extend',
] as const

/** Makes a text unique to its path. */
function toUnique(place: string, json: string): string {
  return /^"[\x21-\x7e]+"$/.test(json) ? json.replace(/"$/, () => `_${place}"`) : json
}

/**
 * A valid value in JSON with one mutation. With `kind`, texts are unique to the kind and path, as Stripe's ids are never
 * shared by objects of two kinds.
 */
export const mutated = (value: unknown, kind?: string): fc.Arbitrary<string> =>
  fc
    .record({
      path: fc.constantFrom(...listPaths(value)),
      mutation: fc.constantFrom(...MUTATIONS),
      bad: fc.oneof(fc.constantFrom(...HOSTILE_JSON), fc.json()),
    })
    .map(({ path, mutation, bad: any }) => {
      const bad = kind === undefined ? any : toUnique([kind, ...path].join('_'), any)
      const old = JSON.stringify(valueAt(value, path)) ?? 'null'
      const name = typeof path.at(-1) === 'string' ? JSON.stringify(path.at(-1)) : undefined
      const text = JSON.stringify(mark(value, path))
      const put = (instead: string) => text.replace(`"${MARK}"`, () => instead)
      if (name !== undefined && mutation === 'rename') {
        return text.replace(`${name}:"${MARK}"`, () => `"__proto__":${old}`)
      }
      if (name !== undefined && mutation === 'append') return put(`${old},${name}:${bad}`)
      if (name !== undefined && mutation === 'prepend') return put(`${bad},${name}:${old}`)
      if (mutation === 'extend' && old.startsWith('{"')) {
        return put(`{"__proto__":${bad},"constructor":${bad},${old.slice(1)}`)
      }
      return put(bad)
    })

/** A body that is no JSON, or other JSON. */
export const garbage = (good: string): fc.Arbitrary<string | Buffer> =>
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

/** A valid body of excessive size. */
const large = (good: string, length: number) => `${good}${' '.repeat(length)}`
