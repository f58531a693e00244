import { type ChildProcess, fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { CliRequest, CliResult } from '../../support/cliHost.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { type ApiServer, anApiServer } from '../../support/server.ts'

const HOST = fileURLToPath(new URL('../../support/cliHost.ts', import.meta.url))
const DAY_MS = 24 * 60 * 60 * 1000

let test: TestRuntime
let server: ApiServer
let directory: string
let host: ChildProcess
beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-cli-'))
  host = fork(HOST, { cwd: directory, env: { PATH: process.env['PATH'] }, execArgv: [] })
})
beforeEach(() => {
  server.asked.length = 0
  server.before = tick
})
/** Each request has another time, as requests of a person do. */
const tick = () => void test.time.now++
afterAll(async () => {
  host.kill()
  await server.stop()
  await test.stop()
  await rm(directory, { recursive: true })
})

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  const request: CliRequest = {
    args,
    env: {
      LICENSE_AUTHORITY_URL: server.url,
      LICENSE_AUTHORITY_TOKEN: 'test_admin_token',
      ...env,
    },
  }
  host.send(request)
  const [result] = await once(host, 'message')
  return result
}

const json = async (...args: string[]) => JSON.parse((await cli(['--json', ...args])).out)

let users = 0
async function aLicense() {
  const user = `cli_${++users}`
  const key = (await cli(['issue', '--user', user, '--tier', 'pro', '--days', '30'])).out
  const [{ id }] = await json('list', '--user', user)
  return { user, key, id: id as string }
}

describe('license-authority', () => {
  it('issues one license for each payment', async () => {
    const order = ['issue', '--user', 'cli_paid', '--tier', 'elite', '--payment', 'pi_cli']
    const { out } = await cli(order)
    expect(out).toMatch(/^QF-ELITE-[0-9a-f]{12}-\d+$/)
    expect((await cli(order)).out).toBe(out)
    expect(await json(...order)).toMatchObject({ success: true, license: out })
  })

  it('verifies a key and exits with 1 if it is invalid', async () => {
    const { key, user } = await aLicense()
    expect(await cli(['verify', key])).toMatchObject({
      code: 0,
      out: `VALID: pro of ${user}, active until 2025-01-31 00:00Z`,
    })
    expect(await cli(['verify', 'nonsense'])).toMatchObject({
      code: 1,
      out: 'NOT_FOUND: Invalid format',
    })
  })

  it('performs every action on a license and shows its history', async () => {
    const { id, key } = await aLicense()
    const why = ['--reason', 'because']
    expect((await cli(['revoke', id, ...why])).out).toContain('revoked')
    expect((await cli(['reinstate', id, ...why])).out).toContain('active')
    expect((await cli(['suspend', id, ...why])).out).toContain('suspended')
    expect((await cli(['reinstate', id, '--clear-risk', ...why])).out).toContain('active')
    expect((await cli(['extend', id, '--until', '2025-06-30', ...why])).out).toContain('2025-06-30')
    expect((await cli(['extend', id, '--days', '1', ...why])).out).toContain('2025-07-01')
    expect((await cli(['change-tier', id, '--tier', 'elite', ...why])).out).toContain('elite')
    expect((await cli(['transfer', id, '--user', 'cli_new', ...why])).out).toContain('cli_new')
    expect((await cli(['reveal', id, ...why])).out).toBe(key)
    expect((await cli(['note', id, '--reason', 'called \u001b[31m'])).code).toBe(0)
    const { out: second } = await cli(['reissue', id, ...why])
    expect(second).not.toBe(key)
    expect((await cli(['verify', second])).code).toBe(0)
    expect((await cli(['at', id, '2025-08-01'])).out).toMatch(/^EXPIRED: elite, expired until/)
    const { out } = await cli(['show', id])
    for (const word of ['reissued', 'transferred', 'extended', 'suspended', 'because', 'VALID']) {
      expect(out).toContain(word)
    }
    expect(out).not.toContain('\u001b[31m')
    expect(out).not.toContain(second)
  })

  it('lists matching licenses as a table or as JSON', async () => {
    const mine = [await aLicense(), await aLicense()]
    const { out } = await cli(['list', '--limit', '2'])
    for (const { id } of mine) expect(out).toContain(id)
    expect(await json('list', '--limit', '1')).toHaveLength(1)
    expect(await json('list', '--tier', 'free', '--all')).toEqual([])
    expect(
      await json('list', '--state', 'active', '--expiring-before', '2025-02-01', '--all'),
    ).toEqual(expect.arrayContaining(mine.map(({ id }) => expect.objectContaining({ id }))))
  })

  it('creates tokens with scopes and revokes them', async () => {
    const create = [
      'tokens',
      'create',
      '--name',
      'ci',
      '--scope',
      'licenses:read',
      '--expires',
      '2026-01-01',
    ]
    const { out: token } = await cli(create)
    const env = { LICENSE_AUTHORITY_TOKEN: token }
    expect((await cli(['list'], env)).code).toBe(0)
    expect(await cli(['issue', '--user', 'x', '--tier', 'pro'], env)).toMatchObject({
      code: 1,
      err: 'error: FORBIDDEN The API token lacks the scope licenses:issue',
    })
    const [{ id }] = await json('tokens', 'list')
    expect((await cli(['tokens', 'list'])).out).toContain(id)
    expect((await cli(['tokens', 'revoke', id])).out).toBe('ci is revoked.')
    expect(await cli(['list'], env)).toMatchObject({
      code: 1,
      err: expect.stringContaining('UNAUTHORIZED'),
    })
  })

  it.each([
    ['no command', [], 2, 'Usage:'],
    ['an unknown command', ['explode'], 2, "unknown command 'explode'"],
    ['no reason', ['revoke', 'lic_1'], 2, "required option '--reason"],
    [
      'an argument that is not a number',
      ['issue', '--user', 'u', '--tier', 'pro', '--days', 'x'],
      2,
      'whole number',
    ],
    ['an unknown state', ['list', '--state', 'good'], 2, 'Allowed choices'],
    [
      'a license that does not exist',
      ['show', 'lic_none'],
      1,
      'NOT_FOUND There is no such license',
    ],
    ['an unknown tier', ['issue', '--user', 'u', '--tier', 'gold'], 1, 'tier must be one of free'],
    ['a file that does not exist', ['import', 'nothing.jsonl'], 2, 'It does not exist'],
  ])('reports %s', async (_, args, code, message) => {
    const failed = await cli(args)
    expect(failed.err).toContain(message)
    expect(failed.code).toBe(code)
  })

  it('reports an unreachable service as JSON with --json', async () => {
    const nowhere = { LICENSE_AUTHORITY_URL: 'http://127.0.0.1:2' }
    const failed = await cli(['--json', 'list'], nowhere)
    expect(failed.code).toBe(3)
    expect(JSON.parse(failed.err)).toMatchObject({ code: 'UNREACHABLE' })
  })

  it('retries only idempotent requests whose result is unknown', async () => {
    const { id } = await aLicense()
    const because = ['--reason', 'x']
    for (const args of [
      ['extend', id, '--days', '5', ...because],
      ['reissue', id, ...because],
      ['tokens', 'create', '--name', 'x', '--scope', 'licenses:read'],
    ]) {
      server.asked.length = 0
      server.before = () => {
        throw new Error('cut')
      }
      expect(await cli(args)).toMatchObject({ code: 3 })
      expect(server.asked).toHaveLength(1)
    }
    let lost = 0
    server.before = tick
    server.after = () => {
      if (++lost < 3) throw new Error('cut')
    }
    expect((await cli(['issue', '--user', 'cli_lost', '--tier', 'pro'])).code).toBe(0)
    server.after = () => {}
    expect(await json('list', '--user', 'cli_lost')).toHaveLength(1)
  })

  it('escapes ids, so that they cannot name another route', async () => {
    const [{ id }] = await json('tokens', 'list')
    const strange = await cli(['revoke', `../tokens/${id}`, '--reason', 'x'])
    expect(strange).toMatchObject({ code: 1, err: expect.stringContaining('NOT_FOUND') })
    expect(await cli(['list', '--limit', '0'])).toMatchObject({ code: 2 })
    expect(await cli(['--url', 'nowhere', 'list'])).toMatchObject({ code: 2 })
  })

  it('retries a failed read', async () => {
    let calls = 0
    server.before = () => {
      if (++calls < 3) throw new Error('cut')
    }
    expect((await cli(['list'])).code).toBe(0)
    expect(calls).toBe(3)
  })
})

/** Builds a key as the vendor's prototype does. */
function soldKey(userId: string, at = NOW / 1000 - 86_400): string {
  const signed = createHmac('sha256', 'test_master_key').update(`${userId}:pro:${at}`)
  return `QF-PRO-${signed.digest('hex').slice(0, 12)}-${at}`
}

describe('license-authority import', () => {
  const aRow = (userId: string, changes: object = {}) => ({
    userId,
    tier: 'pro',
    license: soldKey(userId),
    expiresAt: NOW + 9 * DAY_MS,
    ...changes,
  })

  async function aFile(name: string, rows: readonly unknown[]) {
    const file = path.join(directory, name)
    const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)))
    await writeFile(file, lines.join('\n'))
    return file
  }

  it('imports sold licenses and reports each rejected line with its number', async () => {
    const file = await aFile('sold.jsonl', [
      aRow('old_1'),
      '',
      aRow('old_2', { license: soldKey('other_1') }),
      'nonsense',
      '[1]',
      aRow('old_3', { tier: 'gold' }),
      aRow('old_4', { expiresAt: null }),
      { userId: 'old_5', tier: 'free', duration: 3 },
    ])
    const { code, err } = await cli(['import', file])
    expect(code).toBe(1)
    expect(err.split('\n')).toEqual([
      'line 4: INVALID_REQUEST the line is not a JSON object',
      'line 5: INVALID_REQUEST the line is not a JSON object',
      'line 3: INVALID_REQUEST license must be derived from a master key for this user and tier',
      expect.stringMatching(/^line 6: INVALID_REQUEST tier must be one of/),
      '3 imported, 0 existed already, 0 got a new key, 4 rejected.',
    ])
    expect((await cli(['verify', soldKey('old_1')])).out).toContain('until 2025-01-10')
    expect((await cli(['verify', soldKey('old_4')])).out).toContain('until 2124')

    const again = await cli(['import', file, '--reissue'])
    expect(again.err).toContain('0 imported, 3 existed already, 1 got a new key, 3 rejected.')
    const { line, userId, license } = JSON.parse(again.out)
    expect([line, userId]).toEqual([3, 'old_2'])
    expect((await cli(['verify', license])).out).toContain('old_2, active until 2025-01-10')
  })

  it('imports a corrected file again without duplicates', async () => {
    const rows: object[] = [
      { userId: 'fix_1', tier: 'pro', duration: 30 },
      { userId: 'fix_1', tier: 'pro', duration: 30 },
      { userId: 'fix_2', tier: 'gold', duration: 30, note: 'a\u2028b' },
      aRow('fix_3', { license: soldKey('other_2') }),
    ]
    const file = await aFile('fixed.jsonl', rows)
    const first = await cli(['import', file, '--reissue'])
    expect(first.err).toContain('2 imported, 0 existed already, 1 got a new key, 1 rejected.')
    expect(first.err).toContain('line 3: INVALID_REQUEST tier')
    rows[2] = { userId: 'fix_2', tier: 'pro', duration: 30 }
    await aFile('fixed.jsonl', rows)
    const second = await cli(['import', file, '--reissue'])
    expect(second.err).toContain('1 imported, 2 existed already, 1 got a new key, 0 rejected.')
    expect(second.out).toBe(first.out)
    expect(await json('list', '--user', 'fix_1')).toHaveLength(2)
    expect(await json('list', '--user', 'fix_3')).toHaveLength(1)
  })

  it('splits a file by the size limit of a request', async () => {
    const rows = Array.from({ length: 120 }, (_, index) =>
      aRow(`large_${index}`, { comment: 'x'.repeat(2000) }),
    )
    const file = await aFile('large.jsonl', rows)
    expect(await cli(['import', file])).toMatchObject({ code: 0 })
    expect(server.asked.length).toBeGreaterThan(4)
  })

  it('continues where it was interrupted without duplicates', async () => {
    const rows = Array.from({ length: 110 }, (_, index) => aRow(`many_${index}`))
    const file = await aFile('many.jsonl', rows)
    let calls = 0
    server.before = () => {
      if (++calls > 1) throw new Error('cut')
    }
    expect(await cli(['import', file])).toMatchObject({ code: 3 })
    server.before = tick
    server.asked.length = 0
    const { code, err } = await cli(['import', file])
    expect(err).toBe(
      'Continues after line 100.\n110 imported, 0 existed already, 0 got a new key, 0 rejected.',
    )
    expect(code).toBe(0)
    expect(server.asked).toHaveLength(1)
  })
})

describe('license-authority export', () => {
  const linesOf = async (file: string) =>
    (await readFile(path.join(directory, file), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('writes each license once, without its key, and overwrites no file', async () => {
    expect((await cli(['export', 'all.jsonl'])).code).toBe(0)
    const all = await linesOf('all.jsonl')
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(all.length).toBe((await json('list', '--all')).length)
    expect(JSON.stringify(all)).not.toMatch(/QF-/)
    expect(await cli(['export', 'all.jsonl'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    })
  })

  it('continues where it was interrupted', async () => {
    let pages = 0
    server.before = () => {
      if (++pages > 2) throw new Error('cut')
    }
    expect(await cli(['export', 'part.jsonl'])).toMatchObject({ code: 3 })
    server.before = tick
    await writeFile(path.join(directory, 'part.jsonl'), 'half a line', { flag: 'a' })
    expect((await cli(['export', 'part.jsonl'])).err).toMatch(
      /^Continues after 200 licenses\.\n\d+ licenses\.$/,
    )
    expect(await linesOf('part.jsonl')).toEqual(await linesOf('all.jsonl'))
  })

  it('starts again if it was interrupted before the first page', async () => {
    server.before = () => {
      throw new Error('cut')
    }
    expect(await cli(['export', 'begun.jsonl'])).toMatchObject({ code: 3 })
    server.before = tick
    expect((await cli(['export', 'begun.jsonl'])).code).toBe(0)
    expect((await linesOf('begun.jsonl')).length).toBeGreaterThan(100)
    expect((await stat(path.join(directory, 'begun.jsonl'))).mode & 0o077).toBe(0)
  })

  it('includes keys with --keys and records its reason', async () => {
    const { key, id } = await aLicense()
    const { out } = await cli(['export', '--keys', 'moving house'])
    expect(out).toContain(key)
    const { events } = await json('show', id)
    expect(events[0]).toMatchObject({ action: 'revealed', reason: 'moving house' })
  })
})
