import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { findImports, formatPosition, listSources, readSource } from '../support/source.ts'

/**
 * Each folder, and what it may import besides itself: folders and packages, types included. A name covers what is below
 * it, and `*` stands for every package.
 */
const TABLE = `
lib/config.ts
lib/license  node:crypto
lib/catalog  lib/license zod
lib/access   node:crypto ipaddr.js
lib/aws      node:crypto node:http node:https node:stream node:timers
lib/signing  lib/license node:crypto jose zod
lib/mail     lib/catalog lib/license zod
lib/http     lib/access lib/catalog lib/license node:crypto aws-lambda zod
lib/panel    lib/http node:crypto node:fs node:path aws-lambda
lib/store    lib/access lib/license lib/mail node:crypto node:timers aws-lambda @aws-sdk
lib/stripe   lib/catalog lib/license node:crypto node:timers safe-stable-stringify stripe zod
lib/admin    lib/access lib/catalog lib/http lib/license lib/mail lib/stripe node:crypto zod
lib/lambda   lib/access lib/admin lib/aws lib/catalog lib/config.ts lib/http lib/license lib/mail lib/signing lib/store
             node:crypto aws-lambda zod @aws-lambda-powertools @aws-sdk @middy
functions    lib/admin lib/catalog lib/http lib/lambda lib/license lib/mail lib/panel lib/signing lib/store/stream.ts
             lib/stripe node:crypto aws-lambda @middy/core
clients      node:crypto node:fs node:path
admin        @tanstack openapi-fetch papaparse react react-aria-components react-dom uplot vite
scripts      lib clients *
tests        lib functions clients admin scripts *
`

const ALLOWED = TABLE.trim()
  .split(/\n(?! )/)
  .map((row) => row.split(/\s+/))

/** The files of `lib/license` that other folders may import: its operations, the port of its store, and its counters. */
const CORE_ENTRIES = ['index.ts', 'store.ts', 'summary.ts'].map((name) => `lib/license/${name}`)

interface Import {
  readonly from: string
  /** A path from the root, or the name of a package. */
  readonly to: string
  readonly isPackage: boolean
  readonly position: string
}

function importsOf(from: string, source: string): readonly Import[] {
  return findImports(source).map(({ text, offset }) => {
    const isPackage = !text.startsWith('.')
    const to = isPackage ? text : path.posix.join(path.posix.dirname(from), text)
    return { from, to, isPackage, position: formatPosition(from, source, offset) }
  })
}

const isWithin = (name: string, folder: string) => name === folder || name.startsWith(`${folder}/`)

/** Returns `position imports what` for each import that the table does not allow. */
function findForbidden(imports: readonly Import[]): string[] {
  const isAllowed = ({ from, to, isPackage }: Import) => {
    const isInternal = isWithin(to, 'lib/license') && !CORE_ENTRIES.includes(to)
    if (isInternal && !isWithin(from, 'lib/license') && !isWithin(from, 'tests/unit/lib/license')) {
      return false
    }
    const [folder, ...names] = ALLOWED.find(([name = '']) => isWithin(from, name)) ?? []
    // A function is an entry point: nothing but a test imports it.
    const allowed = folder === undefined || folder === 'functions' ? names : [folder, ...names]
    return allowed.some((name) => (name === '*' ? isPackage : isWithin(to, name)))
  }
  return imports
    .filter((one) => !isAllowed(one))
    .map(({ position, to }) => `${position} imports ${to}`)
}

/** Returns each circle of imports once, as its files in order. */
function findCircles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from)
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
    if (trail.includes(file) || done.has(file)) return
    for (const { to } of targets.get(file) ?? []) visit(to, [...trail, file])
    done.add(file)
  }
  for (const file of targets.keys()) visit(file, [])
  return circles
}

describe('the imports of the project', () => {
  const folders = ['lib', 'functions', 'clients', 'admin', 'scripts', 'tests']
  const imports = listSources(folders, /\.(?:tsx?|mjs)$/).flatMap((file) =>
    importsOf(file, readSource(file)),
  )

  it('are those of the table', () => {
    expect(imports.length).toBeGreaterThan(1000)
    expect(findForbidden(imports)).toEqual([])
  })

  it('form no circle', () => {
    expect(findCircles(imports)).toEqual([])
  })
})

describe('the search for imports', () => {
  it.each([
    ['lib/license/a.ts', "import '../config.ts'"],
    ['lib/license/a.ts', "import type { A } from '../store/table.ts'"],
    ['lib/license/a.ts', "export * from 'zod'"],
    ['lib/license/a.ts', "export const a = () => import('node:fs')"],
    ['lib/license/a.ts', "export type A = import('stripe').Stripe"],
    ['lib/store/a.ts', "import { a } from '../license/key.ts'"],
    ['tests/e2e/a.test.ts', "import { a } from '../../lib/license/key.ts'"],
    ['functions/a.ts', "import './verify.ts'"],
    ['lib/mail/a.ts', "import '../stripe/event.ts'"],
    ['lib/new/a.ts', "import 'node:fs'"],
  ])('refuses in %s: %s', (file, source) => {
    expect(findForbidden(importsOf(file, source))).toHaveLength(1)
  })

  it.each([
    ['lib/license/a.ts', "import { a } from './key.ts'"],
    ['lib/store/a.ts', "import type { A } from '../license/index.ts'"],
    ['lib/store/a.ts', "import type { A } from '../license/store.ts'"],
    ['lib/store/a.ts', "import { A } from '@aws-sdk/client-dynamodb'"],
    ['tests/unit/lib/license/a.test.ts', "import '../../../../lib/license/key.ts'"],
  ])('accepts in %s: %s', (file, source) => {
    expect(findForbidden(importsOf(file, source))).toEqual([])
  })

  it('finds circles of types and of more than two files', () => {
    const files = { 'a.ts': './b.ts', 'b.ts': './c.ts', 'c.ts': './d.ts', 'd.ts': './b.ts' }
    const imports = Object.entries(files).flatMap(([file, to]) =>
      importsOf(file, `import type { A } from '${to}'`),
    )
    expect(findCircles(imports)).toEqual(['b.ts → c.ts → d.ts → b.ts'])
  })
})
