import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { build } from 'esbuild'
import { publishKeys } from '../../lib/signing/publish.ts'
import { parseRingSecret, toRing } from '../../lib/signing/secret.ts'
import { aCheckout, type Checkout } from '../support/checkout.ts'

const run = promisify(execFile)
const MAX_BYTES = 6 * 1024

/** An app that uses the package with its types. */
const APP = `
import { createLicenseClient, type LicenseStatus } from 'license-authority-client'
import { fileStorage } from 'license-authority-client/file'

const client = createLicenseClient({
  url: 'http://127.0.0.1:1',
  keys: { keys: [] },
  storage: fileStorage('license.json'),
  onChange: (status: LicenseStatus) => {
    if (status.status === 'valid') console.log(status.tier, status.features.length)
    // @ts-expect-error An unknown status has no tier.
    if (status.status === 'unknown') void status.tier
  },
})
const status = await client.check()
console.log(status.status, status.code)
`

/** Returns the code blocks of a language in the documents. */
const snippets = async (language: string) => {
  const texts = await Promise.all(DOCUMENTS.map((name) => readFile(name, 'utf8')))
  const block = new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`\\n`, 'g')
  return texts.flatMap((text) => [...text.matchAll(block)].map(([, code = '']) => code))
}
const DOCUMENTS = ['clients/README.md', 'clients/typescript/README.md']

/** Returns the output of the compiler for files of the app. */
async function compile(...files: string[]): Promise<string> {
  const tsc = path.join(checkout.directory, 'node_modules/.bin/tsc')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
  const types = ['--types', 'node', '--lib', 'es2022,dom', '--skipLibCheck', 'false']
  return run(tsc, [...options, ...types, '--ignoreConfig', ...files], { cwd: app }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  )
}

let checkout: Checkout
let app: string
let packed: { readonly files: readonly { readonly path: string }[]; readonly filename: string }

beforeAll(async () => {
  checkout = await aCheckout()
  const client = path.join(checkout.directory, 'clients/typescript')
  const { stdout } = await run('npm', ['pack', '--json'], { cwd: client })
  ;[packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
  app = path.join(checkout.directory, 'app')
  const installed = path.join(app, 'node_modules/license-authority-client')
  await mkdir(installed, { recursive: true })
  await run('tar', ['-xzf', packed.filename, '-C', installed, '--strip-components=1'], {
    cwd: client,
  })
  await writeFile(path.join(app, 'package.json'), '{"type":"module"}')
})
afterAll(() => checkout.remove())

describe('the client package', () => {
  it('contains only the build, without dependencies', async () => {
    const names = packed.files.map(({ path: name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
    )
    const built = /^(package\.json|README\.md|dist\/\w+\.(js|d\.ts))$/
    expect(names.filter((name) => !built.test(name))).toEqual([])
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(path.join(app, 'node_modules/license-authority-client/package.json'), 'utf8'),
    )
    expect([dependencies, peerDependencies]).toEqual([undefined, undefined])
  })

  it('bundles for browsers to less than 6 KB', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export * from 'license-authority-client'", resolveDir: app },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    })
    const [bundle] = outputFiles
    expect(gzipSync(bundle?.contents ?? '').length).toBeLessThan(MAX_BYTES)
  })

  it('works in Node, with its types', async () => {
    await writeFile(path.join(app, 'app.ts'), APP)
    expect(await compile('app.ts')).toBe('')
    const { stdout } = await run(process.execPath, ['app.ts'], { cwd: app })
    expect(stdout).toBe('unknown NO_LICENSE\n')
  })

  it('matches the code in the documents', async () => {
    await writeFile(
      path.join(app, 'license-keys.json'),
      JSON.stringify(await publishKeys(toRing(parseRingSecret('x')), 0)),
    )
    const names = []
    for (const [index, code] of (await snippets('ts')).entries()) {
      names.push(`snippet${index}.ts`)
      await writeFile(path.join(app, `snippet${index}.ts`), code)
    }
    expect(names).toHaveLength(3)
    expect(await compile(...names)).toBe('')
    await writeFile(path.join(app, 'wrong.ts'), `${(await snippets('ts'))[2]}\nlicense.tier`)
    expect(await compile('wrong.ts')).toContain("Property 'tier' does not exist")
  })
})
