import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { LicenseId } from '../../../lib/license/index.ts'
import { saveTable } from '../../../scripts/backup/save.ts'
import { localClient } from '../../../scripts/local/dynamodb.ts'
import { NOW } from '../../support/licenses.ts'
import { useMail } from '../../support/mail.ts'
import { aTableName, fill, onTable } from '../../support/restored.ts'
import { streamOf } from '../../support/stream.ts'
import { dynamoDbUrl } from '../../support/table.ts'

const mail = useMail()
const { about, aSale, follow } = mail

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-backup-'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('the stream of a restored table', () => {
  it('sends pending emails once, and no email again', async () => {
    const sent = await aSale()
    await follow(await about(sent.id))
    const bounced = await aSale()
    await follow(await about(bounced.id))
    const [notice] = await mail.test.runtime.outbox.list(bounced.id)
    if (!notice) throw new Error('There is no notice')
    await mail.test.runtime.outbox.report(notice, 'bounced', NOW)
    const unsent = await aSale()
    const withoutSender = {
      ...mail.test.runtime,
      mail: { from: undefined, configurationSet: undefined },
    }
    await follow(await about(unsent.id), withoutSender)
    const waiting = await aSale()
    const lost = await aSale()
    await mail.test.runtime.outbox.suppress(lost.email, 'bounced', NOW)
    await mail.test.runtime.outbox.recover(sent.email, NOW)

    const backup = path.join(directory, 'backup.jsonl')
    await saveTable(localClient(dynamoDbUrl()), mail.test.table, backup)
    const table = aTableName()
    await fill(table, backup, { now: NOW })
    const runtime = onTable(mail.test.runtime, table)
    const before = await mail.inbox.to(sent.email)
    const records = await streamOf(table)
    expect(await follow(records, runtime)).toEqual({ batchItemFailures: [] })
    await follow(records, runtime)

    const mails = async ({ email }: { email: string }) => (await mail.inbox.to(email)).length
    expect(await mail.inbox.to(sent.email)).toEqual(before)
    expect(before).toHaveLength(1)
    expect(await mails(bounced)).toBe(1)
    expect(await mails(unsent)).toBe(0)
    expect(await mails(lost)).toBe(0)
    expect(await mails(waiting)).toBe(1)
    const states = async ({ id }: { id: LicenseId }) =>
      (await runtime.outbox.list(id)).map(({ state }) => state)
    expect(await states(sent)).toEqual(['sent'])
    expect(await states(bounced)).toEqual(['bounced'])
    expect(await states(unsent)).toEqual(['skipped'])
    expect(await states(lost)).toEqual(['suppressed'])
    expect(await states(waiting)).toEqual(['sent'])
  })

  it('skips notices that were sent, also if the master key of their license is gone', async () => {
    const { id } = await aSale()
    await follow(await about(id))
    const backup = path.join(directory, 'rotated.jsonl')
    await saveTable(localClient(dynamoDbUrl()), mail.test.table, backup)
    const table = aTableName()
    await fill(table, backup, { now: NOW })
    mail.test.secretsManager.secrets.set('test/other-ring', '{"current":"2","2":"other"}')
    const runtime = onTable(mail.test.runtime, table)
    const secretIds = { ...runtime.secretIds, masterKeys: 'test/other-ring' }
    const records = (await streamOf(table)).filter(({ dynamodb }) =>
      dynamodb?.Keys?.['pk']?.S?.includes(id),
    )
    expect(await follow(records, { ...runtime, secretIds })).toEqual({ batchItemFailures: [] })
  })

  it('reports a notice after its license and its address', async () => {
    await aSale()
    const backup = path.join(directory, 'order.jsonl')
    await saveTable(localClient(dynamoDbUrl()), mail.test.table, backup)
    const table = aTableName()
    await fill(table, backup, { now: NOW })
    const kinds = (await streamOf(table)).map(({ dynamodb }) =>
      `${dynamodb?.Keys?.['sk']?.S}`.startsWith('OUTBOX#'),
    )
    expect(kinds).toContain(true)
    expect(kinds).toEqual(kinds.toSorted())
  })
})
