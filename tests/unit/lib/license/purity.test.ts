import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

const CORE = new URL('../../../../lib/license/', import.meta.url)
const files = readdirSync(CORE).filter((name) => name.endsWith('.ts'))

/** Finds uses of the clock, chance, the environment and the network. A date of a given moment is arithmetic. */
const findImpurities = (source: string) =>
  source
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .match(
      /(?<!new )\bDate\b(?!\.UTC\()|\bnew Date\b(?!\([^\s)])|\bMath\.random\b|\brandom[A-Z]\w*|\b(?:process|console|globalThis|performance|crypto|fetch)\b(?!')|\bset(?:Timeout|Interval|Immediate)\b/g,
    ) ?? []

describe('the license core', () => {
  it('has files to check', () => {
    expect(files).toEqual(expect.arrayContaining(['evaluate.ts', 'issue.ts', 'key.ts']))
  })

  it.each(files)('uses neither clock nor chance nor environment in %s', (name) => {
    expect(findImpurities(readFileSync(new URL(name, CORE), 'utf8'))).toEqual([])
  })

  it.each(files)('exports nothing mutable from %s', async (name) => {
    const exported: object = await import(new URL(name, CORE).href)
    const mutable = Object.entries(exported).filter(
      ([, value]) =>
        typeof value === 'object' &&
        !Object.isFrozen(value) &&
        !(value instanceof RegExp && value.flags === ''),
    )
    expect(mutable).toEqual([])
  })

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
    ['/** Not a Date: */ const at = 1', []],
    ["import { createHmac } from 'node:crypto'", []],
  ])('would be impure with %s: %j', (source, impurities) => {
    expect(findImpurities(source)).toEqual(impurities)
  })
})
