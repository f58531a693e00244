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
const ROUTE = 'A route gets its stores from the function.'
const JOSE = 'Only lib/signing knows JOSE.'
const SIGNING = 'What signs knows the license core and nothing else.'
const PANEL = 'The panel knows HTTP and nothing else.'
const PANEL_ALONE = "The panel is files, and knows nobody else's code."
const AWS4 = 'Only lib/aws signs for AWS.'
const CALLS = 'Only lib/lambda calls AWS by itself.'
const ALONE = 'What calls AWS knows nothing of ours.'
const ACCESS = 'What lets in knows nothing but itself.'

const importing = (specifier: string) => `import '${specifier}'\n`

type Refusal = [folder: string, specifier: string, message: string]
const allOf = (folders: string[], specifier: string, message: string) =>
  folders.map((folder): Refusal => [folder, specifier, message])

const LAYERS = ['lib/store', 'lib/stripe', 'lib/http']
const NO_STRIPE = ['lib/catalog', 'lib/store', 'lib/http', 'lib/lambda', 'functions']

/** Where, what is imported there, and what is said about it. */
const REFUSED: Refusal[] = [
  ['lib/license', '../store/memory.ts', CORE_ALONE],
  ['lib/license', '../config.ts', CORE_ALONE],
  ['lib/license', 'zod', CORE_CRYPTO],
  ['lib/license', 'node:fs', CORE_CRYPTO],
  ...['stripe', '@aws-sdk/lib-dynamodb', '@middy/core', 'zod/mini', 'node:fs/promises'].map(
    (specifier): [string, string, string] => ['lib/license', specifier, CORE_CRYPTO],
  ),
  ['lib/license', './../config.ts', CORE_CRYPTO],
  ...allOf(['lib/catalog', 'lib/lambda', ...LAYERS], '../license/key.ts', DOOR),
  ...allOf(['functions'], '../lib/license/key.ts', DOOR),
  ...allOf(['lib/catalog', 'lib/stripe', 'lib/http'], '@aws-sdk/lib-dynamodb', AWS),
  ...allOf(['functions'], '@aws-sdk/client-dynamodb', AWS),
  ...allOf(['lib/catalog', 'functions', ...LAYERS], '@middy/core', MIDDY),
  ...allOf(NO_STRIPE, 'stripe', STRIPE),
  ...allOf(NO_STRIPE, 'stripe/esm/Webhooks.js', STRIPE),
  ...allOf(['lib/catalog', 'lib/stripe', 'lib/http'], '../store/memory.ts', SIBLINGS),
  ...allOf(['lib/catalog', 'lib/store', 'lib/http'], '../stripe/event.ts', SIBLINGS),
  ...allOf(['lib/catalog', 'lib/store', 'lib/stripe'], '../http/problem.ts', SIBLINGS),
  ...allOf(['lib/catalog', ...LAYERS], '../lambda/runtime.ts', SIBLINGS),
  ...allOf(LAYERS, '../config.ts', CONFIG),
  ...allOf(['functions'], '../lib/config.ts', CONFIG),
  ...allOf(['lib/lambda', ...LAYERS], '../../functions/verify.ts', FUNCTION),
  ...allOf(['functions'], '../lib/store/dynamodb.ts', RUNTIME),
  ...allOf(['lib/admin'], '../store/dynamodb.ts', ROUTE),
  ...allOf(['lib/admin'], '../lambda/runtime.ts', ROUTE),
  ...allOf(['lib/admin', 'lib/access'], '@aws-sdk/lib-dynamodb', AWS),
  ...allOf(['lib/access'], '../http/problem.ts', ACCESS),
  ...allOf(['lib/access'], '../license/index.ts', ACCESS),
  ...allOf(['lib/admin', 'lib/signing'], '../license/key.ts', DOOR),
  ...allOf([...NO_STRIPE, 'lib/stripe', 'lib/admin', 'lib/access'], 'jose', JOSE),
  ...allOf(['lib/signing'], '../http/problem.ts', SIGNING),
  ...allOf(['lib/signing'], '../catalog/schema.ts', SIGNING),
  ...allOf(['lib/store', 'lib/http'], '../signing/ring.ts', SIBLINGS),
  ...allOf(['lib/panel'], '../store/dynamodb.ts', PANEL),
  ...allOf(['lib/panel'], '../admin/routes.ts', PANEL),
  ...allOf(['lib/panel'], '@aws-sdk/lib-dynamodb', PANEL_ALONE),
  ...allOf(['lib/signing', 'lib/aws'], '@aws-sdk/client-secrets-manager', AWS),
  ...allOf([...NO_STRIPE, 'lib/stripe', 'lib/admin', 'lib/access', 'lib/signing'], 'aws4', AWS4),
  ...allOf(['lib/catalog', 'lib/admin', ...LAYERS], '../aws/call.ts', CALLS),
  ...allOf(['functions'], '../lib/aws/call.ts', CALLS),
  ...allOf(['lib/aws'], '../config.ts', ALONE),
  ...allOf(['lib/aws'], '@middy/core', MIDDY),
  ...allOf(['lib/aws'], 'stripe', STRIPE),
  ...allOf(['lib/aws'], 'jose', JOSE),
  ...allOf(['lib/access'], '../aws/call.ts', ACCESS),
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
  ['lib/signing', '../license/index.ts'],
  ['lib/signing', 'jose'],
  ['lib/panel', '../http/response.ts'],
  ['lib/panel', 'node:fs'],
  ['lib/lambda', '../signing/ring.ts'],
  ['functions', '../lib/signing/publish.ts'],
  ['lib/lambda', '../license/index.ts'],
  ['lib/lambda', '../store/dynamodb.ts'],
  ['lib/lambda', '../config.ts'],
  ['lib/lambda', '@middy/core'],
  ['lib/lambda', '../aws/call.ts'],
  ['lib/aws', 'aws4'],
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

type Rule = [rule: string, file: string, text: string, fires: boolean]
const forAll = (files: string[], rule: string, text: string, fires: boolean) =>
  files.map((file): Rule => [rule, file, text, fires])

const ENV = "export const a = process.env['STAGE']\n"
const NO_ENV = ['lib/config.ts', 'lib/lambda/runtime.ts', 'lib/license/env.ts', 'functions/env.ts']
const OWN_ENV = ['lib/lambda/entry.ts', 'lib/lambda/preflight.ts', 'scripts/env.ts', 'tests/env.ts']
const OWN_DEFAULT = [
  'jest.config.js',
  'scripts/functions/serverlessPlugin.ts',
  'tests/support/globalSetup.ts',
  'tests/support/globalTeardown.ts',
]

/** A rule, a file that breaks it or is free to, and the text of the file. */
const RULES: Rule[] = [
  ...forAll(['lib/http/console.ts', 'functions/console.ts'], 'noConsole', 'console.log(1)\n', true),
  ...forAll(['scripts/console.ts'], 'noConsole', 'console.log(1)\n', false),
  ...forAll(NO_ENV, 'noProcessEnv', ENV, true),
  ...forAll(OWN_ENV, 'noProcessEnv', ENV, false),
  ...forAll(['lib/a.ts', 'functions/a.ts'], 'noDefaultExport', 'export default 1\n', true),
  ...forAll(OWN_DEFAULT, 'noDefaultExport', 'export default 1\n', false),
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
    'noMisusedPromises',
    'lib/http/misused.ts',
    'async function open() {\n  return true\n}\nexport const a = () => (open() ? 1 : 2)\n',
    true,
  ],
  [
    'useExhaustiveSwitchCases',
    'lib/http/switch.ts',
    "export function a(b: 'x' | 'y') {\n  switch (b) {\n    case 'x':\n      return 1\n  }\n  return 2\n}\n",
    true,
  ],
  [
    'noParameterProperties',
    'lib/http/parameter.ts',
    'export class A {\n  constructor(readonly b: number) {}\n}\n',
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
  'lib/aws/call.ts',
  'lib/config.ts',
  'lib/license/key.ts',
  'lib/license/index.ts',
  'lib/catalog/schema.ts',
  'lib/store/memory.ts',
  'lib/store/dynamodb.ts',
  'lib/stripe/event.ts',
  'lib/http/problem.ts',
  'lib/signing/ring.ts',
  'lib/signing/publish.ts',
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
  await copyFile(
    fileURLToPath(new URL('../../biome.json', import.meta.url)),
    join(root, 'biome.json'),
  )
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
