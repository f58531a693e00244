import { expect, it } from '@jest/globals'
import { type RateLimitCounter, RateLimitError } from '../../../../lib/access/rateLimit.ts'
import { createRateLimits } from '../../../../lib/store/rateLimits.ts'
import { NOW } from '../../../support/licenses.ts'
import { aLookupTable, allItems, aStoreTable, aTable } from '../../../support/table.ts'

const limit = { failures: 2, minutes: 10 }
const aCounter = (id: string): RateLimitCounter => ({
  id,
  limit,
  until: NOW + 1000,
  at: NOW,
  wait: 1,
})

it.each([
  ['verify', aLookupTable],
  ['the SDK', aStoreTable],
])('counts failures in the table of %s, until its window ends', async (_, create) => {
  const name = await aTable()
  const table = create(name)
  const counter = aCounter('key#hash#1')
  const { addFailure } = createRateLimits(table)
  await addFailure(counter)
  await addFailure(counter)
  await expect(addFailure(counter)).rejects.toThrow(RateLimitError)
  const { read } = createRateLimits(table).rateLimited(table, [counter])
  await expect(read([])).rejects.toThrow(RateLimitError)
  expect(await allItems(name)).toEqual([
    { pk: 'TRIES#key#hash#1', sk: 'TRIES', failures: 3, ttl: (NOW + 1000) / 1000 },
  ])
})

it('refuses a caller also once the memory for exceeded limits is full', async () => {
  const table = aStoreTable(await aTable())
  let isFlooded = true
  const rateLimits = createRateLimits({
    update: async (update) =>
      isFlooded ? { failures: limit.failures } : await table.update(update),
  })
  for (let other = 0; other < 10_000; other++) {
    await rateLimits.addFailure(aCounter(`key#other${other}#1`))
  }
  isFlooded = false
  const counter = aCounter('key#mine#1')
  const check = () => rateLimits.rateLimited(table, [counter]).read([])
  await check()
  for (let failure = 0; failure < limit.failures; failure++) await rateLimits.addFailure(counter)
  await expect(check()).rejects.toThrow(RateLimitError)
})
