import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { createHandler } from '../../../functions/licenseChanges.ts'
import type { Runtime } from '../../../lib/lambda/runtime.ts'
import { readOverview } from '../../../lib/license/index.ts'
import { saveTable } from '../../../scripts/backup/save.ts'
import { localClient } from '../../../scripts/local/dynamodb.ts'
import { recount } from '../../../scripts/summary/recount.ts'
import { aContext } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aTableName, fill, onTable } from '../../support/restored.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { runCli } from '../../support/script.ts'
import { streamOf } from '../../support/stream.ts'
import { aDocumentClient, allItems, dynamoDbUrl } from '../../support/table.ts'

let test: TestRuntime
beforeEach(async () => {
  test = await aRuntime({}, { hasStream: true })
})
afterEach(() => test.stop())

const client = () => localClient(dynamoDbUrl())
/** Passes records to the function that follows the stream. */
const follow = (Records: readonly DynamoDBRecord[], runtime: Runtime = test.runtime) =>
  createHandler(runtime)({ Records } as DynamoDBStreamEvent, aContext())
const seen = (runtime: Runtime = test.runtime) => readOverview({ ...runtime, now: NOW })

async function issueLicenses(licenses: number, from = 0) {
  for (let number = from; number < from + licenses; number++) {
    await issued(test.runtime.store, { userId: `user_${number}`, durationDays: number + 1 })
  }
}

const seriesIn = async (table: string) =>
  new Set(
    (await allItems(table))
      .map(({ pk }) => `${pk}`.split('#'))
      .filter(([kind, name]) => name && (kind === 'SUMMARY' || kind === 'COUNTED'))
      .map(([, name]) => name),
  )

describe('recount', () => {
  it('counts licenses that existed before counting began once, also if the stream reports them later', async () => {
    await issueLicenses(7)
    expect(await seen()).toMatchObject({ total: 0 })
    expect(await recount(client(), test.table)).toEqual({ licenses: 7, unreadable: [] })
    const once = await seen()
    expect(once).toMatchObject({ total: 7, states: { active: 7 } })
    await follow(await streamOf(test.table))
    expect(await seen()).toEqual(once)
  })

  it('corrects wrong counts and deletes the old series', async () => {
    await issueLicenses(3)
    await follow(await streamOf(test.table))
    const right = await seen()
    await aDocumentClient().send(
      new UpdateCommand({
        TableName: test.table,
        Key: { pk: 'SUMMARY#1', sk: 'ALWAYS' },
        UpdateExpression: 'ADD #name :by',
        ExpressionAttributeNames: { '#name': 'active:pro' },
        ExpressionAttributeValues: { ':by': 5 },
      }),
    )
    expect(await seen()).toMatchObject({ total: 8 })
    await recount(client(), test.table)
    expect(await seen()).toEqual(right)
    expect((await seriesIn(test.table)).size).toBe(1)
    await recount(client(), test.table)
    expect(await seen()).toEqual(right)
    expect((await seriesIn(test.table)).size).toBe(1)
  })

  it('counts licenses that are issued meanwhile', async () => {
    await issueLicenses(40)
    const followed = new Set<string | undefined>()
    /** Follows each record once, so that nothing is corrected later. */
    const followNew = async () => {
      const records = (await streamOf(test.table)).filter(
        ({ dynamodb }) => !followed.has(dynamodb?.SequenceNumber),
      )
      await follow(records)
      for (const { dynamodb } of records) followed.add(dynamodb?.SequenceNumber)
    }
    await followNew()
    let counting = true
    const changing = (async () => {
      for (let number = 100; counting; number++) {
        await issueLicenses(1, number)
        await followNew()
      }
    })()
    try {
      await recount(client(), test.table)
      await recount(client(), test.table)
    } finally {
      counting = false
    }
    await changing
    const licenses = (await allItems(test.table)).filter(({ sk }) => sk === 'LICENSE')
    expect(licenses.length).toBeGreaterThan(40)
    expect(await seen()).toMatchObject({ total: licenses.length })
  })

  it('shows the old counts until the new ones are complete', async () => {
    await issueLicenses(4)
    await follow(await streamOf(test.table))
    const before = await seen()
    const slow = client()
    const during: unknown[] = []
    slow.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'TransactWriteItemsCommand') during.push(await seen())
          return next(args)
        },
      { step: 'initialize' },
    )
    await recount(slow, test.table)
    expect(during.length).toBeGreaterThan(1)
    for (const one of during) expect(one).toEqual(before)
    expect(await seen()).toEqual(before)
  })

  it('fails if another recount started meanwhile', async () => {
    await issueLicenses(5)
    let other: Promise<unknown> | undefined
    const first = client()
    first.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'ScanCommand') other ??= recount(client(), test.table)
          await other
          return next(args)
        },
      { step: 'initialize' },
    )
    await expect(recount(first, test.table)).rejects.toThrow(/^Another recount started/)
    await other
    expect(await seen()).toMatchObject({ total: 5 })
    await recount(client(), test.table)
    expect(await seen()).toMatchObject({ total: 5 })
  })

  it('lists licenses with an invalid record and counts the others', async () => {
    await issueLicenses(2)
    const Item = { pk: 'LICENSE#lic_odd', sk: 'LICENSE', id: 'lic_odd', facts: 'nonsense' }
    await aDocumentClient().send(new PutCommand({ TableName: test.table, Item }))
    expect(await recount(client(), test.table)).toEqual({ licenses: 2, unreadable: ['lic_odd'] })
  })
})

it('recount counts each license of a restored table once', async () => {
  await issueLicenses(6)
  await follow(await streamOf(test.table))
  const before = await seen()
  const file = path.join(tmpdir(), `${randomUUID()}.jsonl`)
  await saveTable(client(), test.table, file)
  const table = aTableName()
  const { leftOut } = await fill(table, file, { now: NOW })
  expect(leftOut.get('COUNTED')).toBe(6)
  expect(leftOut.get('SUMMARY')).toBeGreaterThan(1)
  const restored = onTable(test.runtime, table)
  // The stream function may run before the recount or after it.
  await follow((await streamOf(table)).slice(0, 20), restored)
  await recount(client(), table)
  expect(await seen(restored)).toEqual(before)
  await follow(await streamOf(table), restored)
  expect(await seen(restored)).toEqual(before)
})

it('license-authority summary rebuild prints the number of licenses', async () => {
  await issueLicenses(2)
  const args = ['--stage', 'prod', '--table', test.table]
  const { stdout } = await runCli(['summary', 'rebuild', ...args], {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
  })
  expect(stdout).toBe('2 licenses were counted.\n')
  expect(await seen()).toMatchObject({ total: 2 })
})
