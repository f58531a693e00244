import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const CORE_ALONE = 'The license core imports only itself.'
const CORE_CRYPTO = 'The license core knows node:crypto and nothing else.'
const DOOR = 'Import the license core through lib/license/index.ts.'
const AWS = 'Only lib/store and lib/lambda know the AWS SDK.'
const MIDDY = 'Only lib/lambda knows Middy.'
const STRIPE = 'Only lib/stripe knows Stripe.'
const SIBLINGS = 'store, stripe and http do not know each other, nor what is built on them.'
const CONFIG = 'Only lib/lambda reads the configuration.'
const FUNCTION = 'Nothing imports a function.'
const RUNTIME = 'A function gets its store from the runtime.'

const importing = (specifier: string) => `import '${specifier}'\n`

/** Where, what is imported there, and what is said about it. */
const REFUSED: [folder: string, specifier: string, message: string][] = [
  ['lib/license', '../store/memory.ts', CORE_ALONE],
  ['lib/license', '../config.ts', CORE_ALONE],
  ['lib/license', 'zod', CORE_CRYPTO],
  ['lib/license', 'node:fs', CORE_CRYPTO],
  ['lib/license', 'stripe', CORE_CRYPTO],
  ...['catalog', 'store', 'stripe', 'http', 'lambda'].map((layer): [string, string, string] => [
    `lib/${layer}`,
    '../license/key.ts',
    DOOR,
  ]),
  ['functions', '../lib/license/key.ts', DOOR],
  ...['catalog', 'stripe', 'http'].map((layer): [string, string, string] => [
    `lib/${layer}`,
    '@aws-sdk/lib-dynamodb',
    AWS,
  ]),
  ['functions', '@aws-sdk/client-dynamodb', AWS],
  ...['lib/catalog', 'lib/store', 'lib/stripe', 'lib/http', 'functions'].map(
    (folder): [string, string, string] => [folder, '@middy/core', MIDDY],
  ),
  ...['lib/catalog', 'lib/store', 'lib/http', 'lib/lambda', 'functions'].map(
    (folder): [string, string, string] => [folder, 'stripe', STRIPE],
  ),
  ['lib/catalog', '../store/memory.ts', SIBLINGS],
  ['lib/catalog', '../stripe/event.ts', SIBLINGS],
  ['lib/catalog', '../http/problem.ts', SIBLINGS],
  ['lib/catalog', '../lambda/runtime.ts', SIBLINGS],
  ['lib/store', '../stripe/event.ts', SIBLINGS],
  ['lib/store', '../http/problem.ts', SIBLINGS],
  ['lib/store', '../lambda/runtime.ts', SIBLINGS],
  ['lib/stripe', '../store/memory.ts', SIBLINGS],
  ['lib/stripe', '../http/problem.ts', SIBLINGS],
  ['lib/stripe', '../lambda/runtime.ts', SIBLINGS],
  ['lib/http', '../store/memory.ts', SIBLINGS],
  ['lib/http', '../stripe/event.ts', SIBLINGS],
  ['lib/http', '../lambda/runtime.ts', SIBLINGS],
  ...['lib/store', 'lib/stripe', 'lib/http'].map((folder): [string, string, string] => [
    folder,
    '../config.ts',
    CONFIG,
  ]),
  ['functions', '../lib/config.ts', CONFIG],
  ...['lib/store', 'lib/stripe', 'lib/http', 'lib/lambda'].map(
    (folder): [string, string, string] => [folder, '../../functions/verify.ts', FUNCTION],
  ),
  ['functions', '../lib/store/dynamodb.ts', RUNTIME],
]

const ALLOWED: [folder: string, specifier: string][] = [
  ['lib/license', './key.ts'],
  ['lib/license', 'node:crypto'],
  ['lib/catalog', '../license/index.ts'],
  ['lib/catalog', 'zod'],
  ['lib/store', '../license/index.ts'],
  ['lib/store', '@aws-sdk/lib-dynamodb'],
  ['lib/stripe', '../license/index.ts'],
  ['lib/stripe', 'stripe'],
  ['lib/http', '../license/index.ts'],
  ['lib/http', '../catalog/schema.ts'],
  ['lib/lambda', '../license/index.ts'],
  ['lib/lambda', '../store/dynamodb.ts'],
  ['lib/lambda', '../config.ts'],
  ['lib/lambda', '@middy/core'],
  ['lib/lambda', '@aws-sdk/client-secrets-manager'],
  ['functions', '../lib/license/index.ts'],
  ['functions', '../lib/stripe/event.ts'],
  ['functions', '../lib/lambda/entry.ts'],
  ['tests/lib/license', '../../../lib/license/key.ts'],
]

const IN_OTHER_WORDS = [
  "import type { a } from '../store/memory.ts'\nexport const b: typeof a = 1\n",
  "export { a } from '../store/memory.ts'\n",
  "export * from '../store/memory.ts'\n",
  "export const later = () => import('../store/memory.ts')\n",
]

/** A rule's name, a file that breaks it or does not, and its text. */
const RULES: [rule: string, file: string, text: string, fires: boolean][] = [
  ['noConsole', 'lib/http/console.ts', 'console.log(1)\n', true],
  ['noConsole', 'functions/console.ts', 'console.error(1)\n', true],
  ['noConsole', 'scripts/console.ts', 'console.log(1)\n', false],
  ...['lib/config.ts', 'lib/lambda/runtime.ts', 'lib/license/env.ts', 'functions/env.ts'].map(
    (file): [string, string, string, boolean] => [
      'noProcessEnv',
      file,
      "export const a = process.env['STAGE']\n",
      true,
    ],
  ),
  ...['lib/lambda/entry.ts', 'lib/lambda/preflight.ts', 'scripts/env.ts', 'tests/env.ts'].map(
    (file): [string, string, string, boolean] => [
      'noProcessEnv',
      file,
      "export const a = process.env['STAGE']\n",
      false,
    ],
  ),
  ['noDefaultExport', 'lib/http/default.ts', 'export default 1\n', true],
  ['noDefaultExport', 'functions/default.ts', 'export default function handler() {}\n', true],
  ['noDefaultExport', 'jest.config.js', 'export default {}\n', false],
  ['noImportCycles', 'lib/http/cycleA.ts', "import './cycleB.ts'\n", true],
  ['noImportCycles', 'lib/http/cycleB.ts', "import './cycleA.ts'\n", true],
  ['useImportExtensions', 'lib/http/ending.ts', "import './problem'\n", true],
  [
    'noFloatingPromises',
    'lib/http/floating.ts',
    'async function later() {}\nexport function now() {\n  later()\n}\n',
    true,
  ],
  [
    'useErrorCause',
    'lib/http/cause.ts',
    "try {\n  JSON.parse('')\n} catch (_error) {\n  throw new Error('lost')\n}\n",
    true,
  ],
]

/** What the imports above point to, so that none is refused for being nowhere. */
const TARGETS = [
  'lib/config.ts',
  'lib/license/key.ts',
  'lib/license/index.ts',
  'lib/catalog/schema.ts',
  'lib/store/memory.ts',
  'lib/store/dynamodb.ts',
  'lib/stripe/event.ts',
  'lib/http/problem.ts',
  'lib/lambda/runtime.ts',
  'lib/lambda/entry.ts',
  'functions/verify.ts',
]

interface Diagnostic {
  readonly category: string
  readonly message: string
  readonly location: { readonly path: string }
}

const files = new Map(TARGETS.map((path) => [path, 'export const a = 1\n']))
const nameIn = (folder: string, index: number, kind: string) => `${folder}/${kind}${index}.ts`
for (const [index, [folder, specifier]] of REFUSED.entries()) {
  files.set(nameIn(folder, index, 'refused'), importing(specifier))
}
for (const [index, [folder, specifier]] of ALLOWED.entries()) {
  files.set(nameIn(folder, index, 'allowed'), importing(specifier))
}
for (const [index, text] of IN_OTHER_WORDS.entries()) {
  files.set(nameIn('lib/license', index, 'words'), text)
}
for (const [, path, text] of RULES) files.set(path, text)

let root: string
let diagnostics: readonly Diagnostic[]
const about = (path: string) => diagnostics.filter(({ location }) => location.path === path)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lint-'))
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await copyFile(fileURLToPath(new URL('../biome.json', import.meta.url)), join(root, 'biome.json'))
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
  const options = ['--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none']
  const output = await new Promise<string>((resolve) => {
    // Biome exits with 1 because it found what it was meant to find.
    execFile(process.execPath, [biome, 'lint', ...options, '.'], { cwd: root }, (_, stdout) =>
      resolve(stdout),
    )
  })
  diagnostics = JSON.parse(output).diagnostics
})
afterAll(() => rm(root, { recursive: true }))

describe('the import rules', () => {
  it.each(REFUSED.map((entry, index) => [...entry, index] as const))(
    'keep %s from %s: %s',
    (folder, _, message, index) => {
      const said = about(nameIn(folder, index, 'refused')).map((found) => found.message)
      expect(said).toEqual([message])
    },
  )

  it.each(ALLOWED.map((entry, index) => [...entry, index] as const))(
    'let %s import %s',
    (folder, _, index) => {
      expect(about(nameIn(folder, index, 'allowed'))).toEqual([])
    },
  )

  it.each(IN_OTHER_WORDS.map((text, index) => [text, index] as const))(
    'hold for %j too',
    (_, index) => {
      const said = about(nameIn('lib/license', index, 'words')).map(({ message }) => message)
      expect(said).toEqual([CORE_ALONE])
    },
  )
})

describe('the rules of the house', () => {
  it.each(RULES)('%s, for %s with %j: %p', (rule, path, _, fires) => {
    const named = about(path).map(({ category }) => category.split('/').at(-1))
    expect(named).toEqual(fires ? [rule] : [])
  })
})
