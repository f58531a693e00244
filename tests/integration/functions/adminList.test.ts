import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/admin.ts'
import type { LicenseId } from '../../../lib/license/index.ts'
import { toLicenseItem } from '../../../lib/store/item.ts'
import { aContext, aRequest, bodyOf } from '../../support/http.ts'
import { aLicense, issued, NOW, someKeys } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { sized } from '../../support/size.ts'
import { aDocumentClient } from '../../support/table.ts'

const LICENSES = sized(500, 5000)
const BATCH = 25

let test: TestRuntime
beforeAll(async () => {
  test = await aRuntime()
})
afterAll(() => test.stop())

const idOf = (index: number) => `lic_many_${index}` as LicenseId

it('lists each license exactly once while others are written', async () => {
  const client = aDocumentClient()
  for (let start = 0; start < LICENSES; start += BATCH) {
    const requests = Array.from({ length: BATCH }, (_, offset) => ({
      PutRequest: {
        // Several licenses share each millisecond.
        Item: toLicenseItem(
          aLicense({ id: idOf(start + offset), createdAt: NOW + Math.floor((start + offset) / 7) }),
        ),
      },
    }))
    await client.send(new BatchWriteCommand({ RequestItems: { [test.table]: requests } }))
  }

  let reading = true
  const writing = (async () => {
    let written = 0
    for (; reading; written++) {
      const order = { userId: `user_${written}`, tier: 'free' }
      await issued(test.runtime.store, order, { keys: someKeys(), now: NOW + 1_000_000 + written })
    }
    return written
  })()

  const handler = createHandler(test.runtime)
  const headers = { authorization: 'Bearer test_admin_token' }
  const seen: string[] = []
  try {
    let cursor: string | undefined
    do {
      const query = { limit: '100', ...(cursor && { cursor }) }
      const request = aRequest('GET', '/api/admin/licenses', { query, headers })
      const response = await handler(request, aContext())
      expect(response.statusCode).toBe(200)
      const { items, cursor: next } = bodyOf(response)
      seen.push(...items.map(({ id }: { id: string }) => id))
      cursor = next
    } while (cursor)
  } finally {
    reading = false
  }
  expect(await writing).toBeGreaterThan(0)

  const old = seen.filter((id) => id.startsWith('lic_many_'))
  expect(new Set(seen).size).toBe(seen.length)
  expect(old).toHaveLength(LICENSES)
  const indexes = old.map((id) => Number(id.slice('lic_many_'.length)))
  const times = indexes.map((index) => Math.floor(index / 7))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})
