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

/** An app that uses all of the package's types as README shows them. */
const APP = `
import { createLicenseClient, type LicenseStatus } from 'license-authority-client'
import { fileStorage } from 'license-authority-client/file'

const client = createLicenseClient({
  url: 'http://127.0.0.1:1',
  keys: { keys: [] },
  storage: fileStorage('license.json'),
  onChange: (status: LicenseStatus) => {
    if (status.status === 'valid') console.log(status.tier, status.features.length)
    // @ts-expect-error What is not known has no tier.
    if (status.status === 'unknown') void status.tier
  },
})
const status = await client.check()
console.log(status.status, status.code)
`

/** What is printed in a language in the documents for developers. */
const snippets = async (language: string) => {
  const texts = await Promise.all(DOCUMENTS.map((name) => readFile(name, 'utf8')))
  const block = new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`\\n`, 'g')
  return texts.flatMap((text) => [...text.matchAll(block)].map(([, code = '']) => code))
}
const DOCUMENTS = ['clients/README.md', 'clients/typescript/README.md']

/** What the compiler says of files of the app. */
async function faultsIn(...files: string[]): Promise<string> {
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

describe('the client’s package', () => {
  it('has what is built and nothing else, and needs no other package', async () => {
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

  it('is less than 6 KB in a page, and needs nothing that a page has not', async () => {
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

  it('is used from an app with its types, in Node as it is', async () => {
    await writeFile(path.join(app, 'app.ts'), APP)
    expect(await faultsIn('app.ts')).toBe('')
    const { stdout } = await run(process.execPath, ['app.ts'], { cwd: app })
    expect(stdout).toBe('unknown NO_LICENSE\n')
  })

  it('is shown in the documents as it is', async () => {
    await writeFile(
      path.join(app, 'license-keys.json'),
      JSON.stringify(await publishKeys(toRing(parseRingSecret('x')), 0)),
    )
    const names = []
    for (const [place, code] of (await snippets('ts')).entries()) {
      names.push(`snippet${place}.ts`)
      await writeFile(path.join(app, `snippet${place}.ts`), code)
    }
    expect(names).toHaveLength(3)
    expect(await faultsIn(...names)).toBe('')
    await writeFile(path.join(app, 'wrong.ts'), `${(await snippets('ts'))[2]}\nlicense.tier`)
    expect(await faultsIn('wrong.ts')).toContain("Property 'tier' does not exist")
  })
})
