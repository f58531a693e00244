import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  ScanCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { AdminRuntime } from '../../../lib/lambda/runtime.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { sum } from '../../../scripts/backup/counts.ts'
import { saveTable } from '../../../scripts/backup/save.ts'
import { localClient } from '../../../scripts/local/dynamodb.ts'
import type { TableDefinition } from '../../../scripts/local/service.ts'
import { aTableName, fill, onTable } from '../../support/restored.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { runCli } from '../../support/script.ts'
import { anApiServer } from '../../support/server.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'
import { aDocumentClient, allItems, aTable, dynamoDbUrl } from '../../support/table.ts'

/** Far in the future, so that DynamoDB Local deletes no expired record. */
const NOW = Date.UTC(2100, 0, 1)
const ROOT = 'test_admin_token'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-backup-'))
})
afterAll(() => rm(directory, { recursive: true }))

let files = 0
const aFile = (ending = '.jsonl') => path.join(directory, `${++files}${ending}`)

const client = () => localClient(dynamoDbUrl())

/** Creates a client whose commands of one kind fail after some of them. */
function aClientThatStops(command: string, after: number) {
  const stopping = client()
  let asked = 0
  stopping.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === command && ++asked > after) throw new Error('stopped')
        return next(args)
      },
    { step: 'initialize' },
  )
  return stopping
}

const inOrder = (items: Record<string, unknown>[]) =>
  items.toSorted((a, b) => (`${a['pk']} ${a['sk']}` < `${b['pk']} ${b['sk']}` ? -1 : 1))

/** Reads a table without the number of the list of revocations, which a restore raises. */
const contentOf = async (table: string) =>
  inOrder((await allItems(table)).filter(({ sk }) => sk !== 'COUNT'))

async function isThere(TableName: string) {
  const found = await client()
    .send(new DescribeTableCommand({ TableName }))
    .catch(() => undefined)
  return found !== undefined
}

const lineOf = (pk: string, sk: string, more: object = {}) =>
  `${JSON.stringify({ Item: { pk: { S: pk }, sk: { S: sk }, ...more } })}\n`

async function aBackupOf(...lines: string[]) {
  const file = aFile()
  await writeFile(file, lines.join(''))
  return file
}

const createCall =
  (url: string) =>
  async (route: string, body?: object | string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${route}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ROOT}`, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
type Call = ReturnType<typeof createCall>

/** Runs a service and passes a function that calls it. */
async function withService<T>(runtime: AdminRuntime, use: (call: Call) => Promise<T>): Promise<T> {
  const server = await anApiServer(runtime)
  try {
    return await use(createCall(server.url))
  } finally {
    await server.stop()
  }
}

describe('a service on a restored table', () => {
  const EVENT = JSON.stringify(aCheckout({}, { created: NOW / 1000 }))
  const sendEvent = (call: Call, at: number) =>
    call('/webhooks/stripe', EVENT, { 'stripe-signature': aSignature(EVENT, { at }) })
  const PAID = { userId: 'paid', tier: 'pro', paymentIntentId: 'pi_own' }

  let test: TestRuntime
  let backup: string
  let token: string
  const keys: string[] = []
  beforeAll(async () => {
    test = await aRuntime()
    test.time.now = NOW
    await withService(test.runtime, async (call) => {
      async function issue(userId: string, changes: object = {}) {
        const order = { userId, userEmail: 'who@example.com', tier: 'pro', ...changes }
        keys.push((await call('/api/generate', order)).body.license)
        const { body } = await call(`/api/admin/licenses?user=${userId}`)
        return body.items[0].id as string
      }
      const act = async (id: string, action: string) => {
        const acted = await call(`/api/admin/licenses/${id}/${action}`, { reason: 'x' })
        return acted.body.license as string
      }
      await issue('expired', { duration: 1 })
      await issue('paid', PAID)
      await act(await issue('revoked'), 'revoke')
      keys.push(await act(await issue('reissued', { tier: 'elite' }), 'reissue'))
      await issue('devices')
      for (const deviceId of ['desk', 'lap']) {
        await call('/api/activate', { license: keys.at(-1), deviceId })
      }
      await call('/api/deactivate', { license: keys.at(-1), deviceId: 'lap' })
      expect(await sendEvent(call, NOW)).toMatchObject({ status: 200, body: { effect: 'issued' } })
      const scopes = ['licenses:read']
      token = (await call('/api/admin/tokens', { name: 'reader', scopes })).body.token
    })
    await test.runtime.revocations.add({
      licenseId: 'lic_gone' as never,
      at: NOW,
      until: NOW + 30 * DAY_MS,
      isForGood: true,
    })
    test.time.now = NOW + 2 * DAY_MS
    // A token records its last use once an hour, so later calls change nothing.
    await readAll(test.runtime)
    backup = aFile()
    await saveTable(client(), test.table, backup)
  })
  afterAll(() => test.stop())

  /** Reads what callers can read about the licenses. */
  const readAll = (runtime: AdminRuntime) =>
    withService(runtime, async (call) => {
      const responses = []
      for (const license of keys) {
        for (const deviceId of [undefined, 'desk', 'lap']) {
          responses.push(await call('/api/verify', { license, deviceId }))
        }
      }
      const authorization = `Bearer ${token}`
      const list = await call('/api/admin/licenses?limit=100', undefined, { authorization })
      for (const { id } of list.body.items) responses.push(await call(`/api/admin/licenses/${id}`))
      return { responses, list }
    })

  it('returns the same for every key, device, token and license', async () => {
    const table = aTableName()
    await fill(table, backup, { now: test.time.now })
    expect(await contentOf(table)).toEqual(await contentOf(test.table))

    const before = await readAll(test.runtime)
    expect(await readAll(onTable(test.runtime, table))).toEqual(before)
    expect([before.list.status, before.list.body.items.length]).toEqual([200, 6])
    const codes = before.responses.map(({ body }) => body.code ?? body.verdict?.code)
    expect(codes).toEqual(
      expect.arrayContaining(['VALID', 'EXPIRED', 'REVOKED', 'DEVICE_NOT_ACTIVATED']),
    )
    const actions = before.responses.flatMap(({ body }) =>
      (body.events ?? []).map(({ action }: { action: string }) => action),
    )
    expect(actions).toEqual(expect.arrayContaining(['issued', 'reissued', 'revoked']))
  })

  it('recognizes repeated events and payments', async () => {
    const table = aTableName()
    await fill(table, backup, { now: test.time.now })
    await withService(onTable(test.runtime, table), async (call) => {
      expect(await sendEvent(call, test.time.now)).toMatchObject({
        status: 200,
        body: { received: true, repeated: true },
      })
      expect((await call('/api/generate', PAID)).body.license).toBe(keys[1])
    })
    expect(await contentOf(table)).toHaveLength((await contentOf(test.table)).length)
  })

  it('raises the number of the list of revocations, so that clients accept the list', async () => {
    const table = aTableName()
    await fill(table, backup, { now: test.time.now })
    const { runtime } = test
    const [before, after] = await Promise.all([
      runtime.revocations.list(),
      onTable(runtime, table).revocations.list(),
    ])
    expect(after.revocations).toEqual(before.revocations)
    expect(after.number).toBe(before.number + 1_000_000)
    await onTable(runtime, table).revocations.lift({ licenseId: 'lic_gone' as never, at: NOW })
    await fill(table, backup, { now: test.time.now, isResumed: true })
    expect((await onTable(runtime, table).revocations.list()).number).toBe(after.number)
  })

  it('can be restored with --resume after an interruption, without overwriting changes', async () => {
    const table = aTableName()
    const { now } = test.time
    await expect(
      fill(table, backup, { now, client: aClientThatStops('PutItemCommand', 20) }),
    ).rejects.toThrow('stopped')
    const [first, ...others] = await contentOf(table)
    expect(others.length).toBeLessThan((await contentOf(test.table)).length - 1)
    await expect(fill(table, backup, { now })).rejects.toThrow(
      `${table} contains records: name another table, or continue with --resume, which keeps them`,
    )
    const newer = { ...first, changed: 'since' }
    await aDocumentClient().send(new PutCommand({ TableName: table, Item: newer }))
    const { kept } = await fill(table, backup, { now, isResumed: true })
    expect(sum(kept)).toBe(20)
    const whole = await contentOf(test.table)
    expect(await contentOf(table)).toEqual(
      whole.map((item) =>
        item['pk'] === first?.['pk'] && item['sk'] === first?.['sk'] ? newer : item,
      ),
    )
  })

  it('can be restored from a compressed file and from the folder of a DynamoDB export', async () => {
    const compressed = aFile('.jsonl.gz')
    await saveTable(client(), test.table, compressed)
    expect((await readFile(compressed)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    const lines = (await readFile(backup, 'utf8')).trimEnd().split('\n')
    const folder = await anExport([lines.slice(0, 7), [], lines.slice(7)])
    for (const from of [compressed, folder]) {
      const table = await aTable()
      await fill(table, from, { now: test.time.now })
      expect(await contentOf(table)).toEqual(await contentOf(test.table))
    }
  })

  it('has a table with all settings of serverless.yml', async () => {
    const table = aTableName()
    await fill(table, backup, { now: test.time.now })
    const wanted = JSON.parse(`${process.env['TEST_TABLE']}`) as TableDefinition
    const { Table } = await client().send(new DescribeTableCommand({ TableName: table }))
    expect(Table?.KeySchema).toEqual(wanted.KeySchema)
    expect(
      Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => {
        return { IndexName, KeySchema, Projection }
      }).toSorted(byName),
    ).toEqual(wanted.GlobalSecondaryIndexes.toSorted(byName))
    expect(Table?.StreamSpecification).toMatchObject({ StreamViewType: 'NEW_AND_OLD_IMAGES' })
    const { TimeToLiveDescription } = await client().send(
      new DescribeTimeToLiveCommand({ TableName: table }),
    )
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' })
  })
})

const byName = (a: { IndexName?: string | undefined }, b: { IndexName?: string | undefined }) =>
  `${a.IndexName}` < `${b.IndexName}` ? -1 : 1

/** Creates a folder as `aws s3 cp --recursive` does. */
async function anExport(parts: readonly (readonly string[])[]) {
  const folder = aFile('')
  const data = path.join(folder, 'AWSDynamoDB', '01693685827463-2d8752fd', 'data')
  await mkdir(data, { recursive: true })
  const manifest = parts.map((lines, index) =>
    JSON.stringify({
      itemCount: lines.length,
      md5Checksum: 'x',
      dataFileS3Key: `AWSDynamoDB/01693685827463-2d8752fd/data/part${index}.json.gz`,
    }),
  )
  await writeFile(path.join(data, '..', 'manifest-files.json'), manifest.join('\n'))
  for (const [index, lines] of parts.entries()) {
    const text = lines.map((line) => `${line}\n`).join('')
    // A partition without records is an empty file.
    const content = text === '' ? '' : gzipSync(text)
    await writeFile(path.join(data, `part${index}.json.gz`), content)
  }
  return folder
}

describe('a backup', () => {
  it('has one line for each record in the format of a DynamoDB export, and only its owner can read it', async () => {
    const table = await aTable()
    const Item = {
      pk: { S: 'LICENSE#lic_1' },
      sk: { S: 'LICENSE' },
      text: { S: 'a\nline\u2028of "ünïcode"' },
      number: { N: '12345678901234567890.5' },
      yes: { BOOL: true },
      none: { NULL: true },
      map: { M: { list: { L: [{ N: '1' }, { M: {} }] } } },
      words: { SS: ['a', 'b'] },
      numbers: { NS: ['1', '2'] },
      bytes: { B: Uint8Array.of(0, 255) },
      pieces: { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
    } as const
    await client().send(new PutItemCommand({ TableName: table, Item: Item as never }))
    const file = aFile()
    expect(await saveTable(client(), table, file)).toEqual(new Map([['LICENSE', 1]]))
    const [line = '', ...others] = (await readFile(file, 'utf8')).split('\n')
    expect(others).toEqual([''])
    expect(JSON.parse(line)).toEqual({
      Item: { ...Item, bytes: { B: 'AP8=' }, pieces: { BS: ['AQ==', 'Ag=='] } },
    })
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const restored = await aTable()
    await fill(restored, file, { now: NOW })
    const scan = (TableName: string) => client().send(new ScanCommand({ TableName }))
    expect((await scan(restored)).Items).toEqual((await scan(table)).Items)
  })

  it('contains all pages of a table, and disappears if it fails', async () => {
    const table = await aTable()
    const large = 'x'.repeat(300_000)
    for (let index = 0; index < 8; index++) {
      const Item = { pk: `LICENSE#lic_${index}`, sk: 'LICENSE', large }
      await aDocumentClient().send(new PutCommand({ TableName: table, Item }))
    }
    const { LastEvaluatedKey } = await client().send(new ScanCommand({ TableName: table }))
    expect(LastEvaluatedKey).toBeDefined()
    const file = aFile()
    expect(await saveTable(client(), table, file)).toEqual(new Map([['LICENSE', 8]]))
    const restored = await aTable()
    await fill(restored, file, { now: NOW })
    expect(await contentOf(restored)).toEqual(await contentOf(table))

    const stopped = aFile()
    await expect(saveTable(aClientThatStops('ScanCommand', 1), table, stopped)).rejects.toThrow(
      'stopped',
    )
    const left = await readdir(directory)
    expect(left.filter((name) => name.startsWith(path.basename(stopped, '.jsonl')))).toEqual([])
  })

  it('never overwrites another one, but replaces an unfinished one', async () => {
    const table = await aTable()
    const file = await aBackupOf('precious')
    await expect(saveTable(client(), table, file)).rejects.toThrow(
      `${file} exists already: move it or name another file`,
    )
    expect(await readFile(file, 'utf8')).toBe('precious')
    const next = aFile()
    await writeFile(`${next}.part`, 'half of')
    await saveTable(client(), table, next)
    expect(await readFile(next, 'utf8')).toBe('')
  })

  it('restores no expired records, requests for lost keys or rate limits', async () => {
    const seconds = NOW / 1000
    const file = await aBackupOf(
      lineOf('EVENT#evt_1', 'EVENT', { ttl: { N: `${seconds}` } }),
      lineOf('EVENT#evt_2', 'EVENT', { ttl: { N: `${seconds + 1}` } }),
      lineOf('RECOVERY#who@example.com', 'RECOVERY', { ttl: { N: `${seconds + 1} `.trim() } }),
      lineOf('TRIES#203.0.113.1', 'TRIES'),
      lineOf('ADDRESS#who@example.com', 'ADDRESS'),
    )
    const table = await aTable()
    const { written, leftOut } = await fill(table, file, { now: NOW })
    const kept = ['ADDRESS#who@example.com', 'EVENT#evt_2']
    expect((await contentOf(table)).map(({ pk }) => pk)).toEqual(kept)
    expect(written).toEqual(
      new Map([
        ['EVENT', 1],
        ['ADDRESS', 1],
      ]),
    )
    expect(leftOut).toEqual(
      new Map([
        ['EVENT', 1],
        ['RECOVERY', 1],
        ['TRIES', 1],
      ]),
    )
  })
})

describe('restore rejects, before it creates or writes anything,', () => {
  const first = lineOf('LICENSE#lic_1', 'LICENSE')
  const refused = async (from: string, message: string) => {
    const table = aTableName()
    await expect(fill(table, from, { now: NOW })).rejects.toThrow(message)
    expect(await isThere(table)).toBe(false)
  }

  it.each([
    ['an incomplete line', first.slice(0, -10)],
    ['a line that is not JSON', 'SELECT *\n'],
    ['JSON that is not a record', '{"pk":{"S":"LICENSE#lic_1"}}\n'],
    ['a record without a key', '{"Item":{"pk":{"S":"LICENSE#lic_1"}}}\n'],
    ['a value without a type', lineOf('LICENSE#lic_1', 'LICENSE', { tier: 'pro' })],
    ['a value with two types', lineOf('LICENSE#lic_1', 'LICENSE', { n: { N: '1', S: '1' } })],
    ['a change of an incremental export', '{"NewImage":{"pk":{"S":"LICENSE#lic_1"}}}\n'],
  ])('a backup with %s', async (_, line) => {
    const file = await aBackupOf(first, first, line)
    await refused(file, `${file}, line 3: not a record of a backup`)
  })

  it('an empty or missing backup', async () => {
    await refused(await aBackupOf(), 'The backup contains no records')
    const none = aFile()
    await refused(none, `${none} does not exist`)
  })

  it('an incomplete compressed file', async () => {
    const file = aFile('.jsonl.gz')
    await writeFile(file, gzipSync(first.repeat(500)).subarray(0, -20))
    await refused(file, `${file} cannot be read after line`)
  })

  it('an incomplete export', async () => {
    const line = first.trimEnd()
    const folder = await anExport([[line], [line, line]])
    const [second = ''] = (await readdir(folder, { recursive: true })).filter((name) =>
      name.endsWith('part1.json.gz'),
    )
    const file = path.join(folder, second)
    await writeFile(file, gzipSync(first))
    await refused(folder, `${file} contains 1 records, but 2 were exported`)
    await rm(file)
    await refused(folder, 'part1.json.gz is missing: download the export again')
  })

  it('a folder with no export or more than one', async () => {
    const folder = await anExport([[first.trimEnd()]])
    const other = path.join(folder, 'AWSDynamoDB', 'other', 'data')
    await mkdir(other, { recursive: true })
    await refused(other, `${other} contains no *.json.gz`)
    await writeFile(path.join(other, 'a.json.gz'), gzipSync(first))
    await refused(folder, `${folder} contains more than one export: name the folder of one`)
  })
})

async function cli(...args: string[]) {
  const env = {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
  }
  const { code, stdout, stderr } = await runCli(args, env)
  return { code, lines: `${stdout}${stderr}`.trimEnd().split('\n') }
}

it('license-authority backup and restore print the numbers of records, or one line for a failure', async () => {
  const table = await aTable()
  for (const [pk, sk] of [
    ['LICENSE#lic_1', 'LICENSE'],
    ['LICENSE#lic_1', 'DEVICE#1'],
    ['TRIES#1', 'TRIES'],
  ]) {
    await aDocumentClient().send(new PutCommand({ TableName: table, Item: { pk, sk } }))
  }
  const file = aFile()
  expect(await cli('backup', '--stage', 'prod', '--table', table, '--to', file)).toEqual({
    code: 0,
    lines: [
      `3 records of ${table} are in ${file}.`,
      '  LICENSE              2',
      '  TRIES                1',
    ],
  })
  // Without --table it is the table of serverless.yml, which does not exist.
  expect(await cli('backup', '--stage', 'prod', '--to', aFile())).toMatchObject({ code: 1 })
  const name = 'license-authority-prod'
  const restore = () => cli('restore', '--stage', 'prod', '--from', file)
  expect(await restore()).toEqual({
    code: 0,
    lines: [
      `2 records were written to ${name}.`,
      '  LICENSE              2',
      '1 were left out, because they expired or must not come back:',
      '  TRIES                1',
      '0 licenses were counted.',
    ],
  })
  const { Table } = await client().send(new DescribeTableCommand({ TableName: name }))
  expect(Table?.DeletionProtectionEnabled).toBe(true)
  expect(await restore()).toEqual({
    code: 1,
    lines: [expect.stringMatching(/^error: license-authority-prod contains records/)],
  })
  await client().send(new UpdateTableCommand({ TableName: name, DeletionProtectionEnabled: false }))
})
