import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

const CORE = new URL('../../../../lib/license/', import.meta.url)
const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)

const codeOf = (source: string) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

/**
 * What a program can only know or do through the machine it runs on: time, chance, environment, network. A date of a
 * moment that was given is arithmetic.
 */
const impurities = (source: string) =>
  codeOf(source).match(
    /(?<!new )\bDate\b(?!\.UTC\()|\bnew Date\b(?!\([^\s)])|\bMath\.random\b|\brandom[A-Z]\w*|\b(?:process|console|globalThis|performance|crypto|fetch)\b(?!')|\bset(?:Timeout|Interval|Immediate)\b/g,
  ) ?? []

const imports = (source: string) =>
  [...codeOf(source).matchAll(/\b(?:from|import|require)\b[\s(]*(['"`])(.*?)\1/g)].map(
    ([, , specifier]) => specifier,
  )

describe('the license core', () => {
  it('has files to look at', () => {
    expect(files).toEqual(
      expect.arrayContaining(['evaluate.ts', 'issue.ts', 'key.ts', 'verify.ts']),
    )
  })

  it.each(files)('knows neither time nor chance nor environment in %s', (name) => {
    expect(impurities(readFileSync(new URL(name, CORE), 'utf8'))).toEqual([])
  })

  it.each(files)('imports only itself and node:crypto in %s', (name) => {
    const foreign = imports(readFileSync(new URL(name, CORE), 'utf8')).filter(
      (specifier) => !/^(?:\.\/\w+\.ts|node:crypto)$/.test(specifier ?? ''),
    )
    expect(foreign).toEqual([])
  })

  it.each(files)('shares nothing that a caller or a call can change in %s', async (name) => {
    const shared: object = await import(new URL(name, CORE).href)
    const changeable = Object.entries(shared).filter(
      ([, value]) =>
        typeof value === 'object' &&
        !Object.isFrozen(value) &&
        !(value instanceof RegExp && value.flags === ''),
    )
    expect(changeable).toEqual([])
  })
})

describe('the search for what is not pure', () => {
  it.each([
    ['const now = Date.now()', ['Date']],
    ['const now = new Date()', ['new Date']],
    ['const now = new Date', ['new Date']],
    ['const { now } = Date', ['Date']],
    ['const day = new Date(moment), first = Date.UTC(2026, 0)', []],
    ['const chance = Math.random()', ['Math.random']],
    ["import { randomBytes } from 'node:crypto'", ['randomBytes']],
    ["const stage = process.env['STAGE']", ['process']],
    ['console.log(1)', ['console']],
    ["await globalThis.fetch('https://example.com')", ['globalThis', 'fetch']],
    ['setTimeout(later, 1)', ['setTimeout']],
    ['/** Not a Date: */ const at = 1 // console', []],
    ["import { createHmac } from 'node:crypto'", []],
  ])('sees %s as it is', (source, found) => {
    const withoutTrailingComment = source.replace(/ \/\/.*$/, '')
    expect(impurities(withoutTrailingComment)).toEqual(found)
  })

  it.each([
    ["import { a } from './a.ts'", ['./a.ts']],
    ["import './a.ts'\nimport type { b } from '../b.ts'", ['./a.ts', '../b.ts']],
    ["export * from 'zod'", ['zod']],
    ["await import('node:fs')", ['node:fs']],
    ['import {\n  a,\n  type b,\n} from "stripe"', ['stripe']],
  ])('sees what %j imports', (source, found) => {
    expect(imports(source)).toEqual(found)
  })
})
