import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { listSources, readSource } from '../../../support/source.ts'

const INDEX = 'lib/license/index.ts'

/** Returns the names in `a, type B, c as d`, as the module that declares them calls them. */
const parseNames = (list: string) =>
  [...list.matchAll(/(?:\btype )?(\w+)(?: as \w+)?\s*(?:,|$)/g)].map(([, name = '']) => name)

/** Returns the names that a file imports from the index of the license core. */
const findImported = (file: string) =>
  [...readSource(file).matchAll(/import (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(
    ([, list = '', from = '']) =>
      path.posix.join(path.posix.dirname(file), from) === INDEX ? parseNames(list) : [],
  )

describe('the index of the license core', () => {
  const exports = [...readSource(INDEX).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(
    ([, list = '']) => parseNames(list),
  )

  it('exports at most 50 names', () => {
    expect(exports).toEqual(expect.arrayContaining(['evaluate', 'License', 'verifyLicense']))
    expect(exports.length).toBeLessThanOrEqual(50)
  })

  it('exports only what other folders import', () => {
    const files = listSources(['lib', 'functions', 'scripts', 'admin'], /\.tsx?$/)
    const imported = new Set(files.flatMap(findImported))
    expect(exports.filter((name) => !imported.has(name))).toEqual([])
  })
})
