import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/panel.ts'
import { readPanel } from '../../../lib/panel/files.ts'
import { compress } from '../../../scripts/panel/compress.ts'
import { aRequest, bodyOf } from '../../support/http.ts'

const PAGE = `<!doctype html><title>Panel</title>${'<p>The page</p>'.repeat(99)}`
const SCRIPT = `export const text = '${'x'.repeat(2000)}'`
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00])
const FILES = {
  'index.html': PAGE,
  'assets/app-1a2b3c.js': SCRIPT,
  'assets/logo-9f8e7d.png': PICTURE,
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '.built': 'a stamp',
}

let directory: string
let handler: ReturnType<typeof createHandler>
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-panel-'))
  await mkdir(path.join(directory, 'assets'))
  for (const [name, content] of Object.entries(FILES)) {
    await writeFile(path.join(directory, name), content)
  }
  compress(directory)
  handler = createHandler(readPanel(directory))
})
afterAll(() => rm(directory, { recursive: true }))

const get = (route: string, headers: Record<string, string> = {}) =>
  handler(aRequest('GET', route, { headers }))

const bytesOf = ({ body = '', isBase64Encoded = false }: Awaited<ReturnType<typeof handler>>) =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')

describe('the panel', () => {
  it.each([
    '/admin',
    '/admin/',
    '/admin/index.html',
    '/admin/licenses',
    '/admin/assets',
    '/admin/__proto__',
  ])('returns its page at %s, to be revalidated', async (route) => {
    const answer = await get(route)
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    })
    expect(bytesOf(answer).toString()).toBe(PAGE)
  })

  it('returns its files, cached forever if the name has a hash', async () => {
    const script = await get('/admin/assets/app-1a2b3c.js')
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(bytesOf(script).toString()).toBe(SCRIPT)
    const picture = await get('/admin/assets/logo-9f8e7d.png', { 'accept-encoding': 'br, gzip' })
    expect(picture.headers).toMatchObject({ 'content-type': 'image/png' })
    expect(picture.headers).not.toHaveProperty('content-encoding')
    expect(bytesOf(picture)).toEqual(PICTURE)
    const icon = await get('/admin/favicon.svg')
    expect(icon.headers).toMatchObject({ 'cache-control': 'no-cache' })
  })

  it.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip, br;q=0', 'gzip', gunzipSync],
    ['GZIP;q=0.5', 'gzip', gunzipSync],
  ])('responds to accept-encoding %s with %s', async (accepts, encoding, toBytes) => {
    const answer = await get('/admin', { 'accept-encoding': accepts })
    expect(answer.headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' })
    expect(bytesOf(answer).length).toBeLessThan(PAGE.length / 2)
    expect(toBytes(bytesOf(answer)).toString()).toBe(PAGE)
  })

  it.each(['', 'identity', 'deflate', 'br;q=0, gzip;q=0.000'])(
    'responds to accept-encoding %j without compression',
    async (accepts) => {
      const answer = await get('/admin', { 'accept-encoding': accepts })
      expect(answer.headers).not.toHaveProperty('content-encoding')
      expect(bytesOf(answer).toString()).toBe(PAGE)
    },
  )

  it('returns 304 for a known etag', async () => {
    const { headers = {} } = await get('/admin')
    const etag = `${headers['etag']}`
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get('/admin/licenses', { 'if-none-match': known })
      expect(answer).toMatchObject({ statusCode: 304, headers: { etag } })
      expect(answer.body).toBeUndefined()
    }
    expect(await get('/admin', { 'if-none-match': '"other"' })).toMatchObject({ statusCode: 200 })
    const compressed = await get('/admin', { 'accept-encoding': 'br', 'if-none-match': etag })
    expect(compressed.statusCode).toBe(200)
  })

  it.each([
    '/admin/.built',
    '/admin/nothing.js',
    '/admin/index.html.br',
    '/admin/../package.json',
    '/admin/%2e%2e/package.json',
    '/admin//etc/passwd.txt',
  ])('has no %s', async (route) => {
    const answer = await get(route)
    expect(answer.statusCode).toBe(404)
    expect(bodyOf(answer)).toMatchObject({ code: 'NOT_FOUND', error: 'File not found' })
  })

  it('allows scripts and requests of its own origin only, and no frame', async () => {
    for (const route of ['/admin', '/admin/assets/app-1a2b3c.js', '/admin/nothing.js']) {
      const { headers = {} } = await get(route)
      const policy = `${headers['content-security-policy']}`
      expect(policy.split('; ').sort()).toEqual([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self'",
      ])
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
        'permissions-policy': expect.stringContaining('camera=(), '),
      })
    }
  })

  it('names the command that builds it', async () => {
    const unbuilt = createHandler(readPanel(path.join(directory, 'nowhere')))
    const answer = await unbuilt(aRequest('GET', '/admin'))
    expect(answer.statusCode).toBe(404)
    expect(bodyOf(answer)).toMatchObject({
      error: 'The panel is not built; run npm run admin:build',
    })
  })

  it('is not served with a file of unknown type', async () => {
    const odd = await mkdtemp(path.join(directory, 'odd-'))
    await writeFile(path.join(odd, 'notes.xyz'), 'x')
    expect(() => readPanel(odd)).toThrow('notes.xyz')
  })
})
