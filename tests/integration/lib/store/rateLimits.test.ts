import { expect, it } from '@jest/globals'
import { type RateLimitCounter, RateLimitError } from '../../../../lib/access/rateLimit.ts'
import { createRateLimits } from '../../../../lib/store/rateLimits.ts'
import { createReading } from '../../../../lib/store/read.ts'
import { NOW } from '../../../support/licenses.ts'
import { aStoreTable, aTable } from '../../../support/table.ts'

const limit = { failures: 2, minutes: 10 }
const counterOf = (id: string): RateLimitCounter => ({
  id,
  limit,
  until: NOW + 1000,
  at: NOW,
  wait: 1,
})

it('who failed too often is refused, also by a function that remembers as many as it can', async () => {
  const table = aStoreTable(await aTable())
  const all = Promise.resolve({ failures: limit.failures })
  let isFlooded = true
  const rateLimits = createRateLimits({
    ...table,
    update: (update) => (isFlooded ? all : table.update(update)),
  })
  for (let other = 0; other < 10_000; other++)
    await rateLimits.addFailure(counterOf(`key#other${other}#1`))

  isFlooded = false
  const mine = counterOf('key#mine#1')
  const assertNotLimited = () => rateLimits.rateLimited(createReading(table), [mine]).read([])
  await assertNotLimited()
  for (let failure = 0; failure < limit.failures; failure++) await rateLimits.addFailure(mine)
  await expect(assertNotLimited()).rejects.toThrow(RateLimitError)
})
