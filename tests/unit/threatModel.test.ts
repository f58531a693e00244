import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'

const PROJECT = path.join(import.meta.dirname, '../..')
const text = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8')

/** Each row of a table of claims: what is claimed, and the test that holds it. */
const CLAIMS = [
  ...text('docs/threat-model.md').matchAll(/^\| (.+?) \| `(tests\/[\w/]+\.test\.ts)`: (.+?) \|$/gm),
].map(([, claim = '', file = '', title = '']) => [claim, file, title] as const)

/** The titles of a file's tests, as they stand in it. */
const titlesIn = (file: string) =>
  [
    ...text(file).matchAll(/(?:\bit|\)|\bwhere(?:\.each\([^)]*\))?)\(\s*(['"])((?:(?!\1).)+)\1,/g),
  ].map(([, , title]) => title)

describe('the threat model', () => {
  it('makes many claims, and each names its test', () => {
    const rows = text('docs/threat-model.md')
      .split(/^## /m)
      .filter((part) => part.includes('| claim |'))
    const lines = rows.flatMap((part) =>
      part.split('\n').filter((line) => /^\| (?!claim|-)/.test(line)),
    )
    expect(lines.length).toBeGreaterThan(50)
    expect(CLAIMS).toHaveLength(lines.length)
  })

  it.each(CLAIMS)('claims “%s”, which %s tests by “%s”', (_, file, title) => {
    expect(existsSync(path.join(PROJECT, file))).toBe(true)
    expect(titlesIn(file)).toContain(title)
  })
})
