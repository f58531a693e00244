import { expect, it } from '@jest/globals'
import { type Counted, countedOf } from '../../../../lib/license/index.ts'
import { createSummaryStore } from '../../../../lib/store/summary.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'
import { aDocumentClient, aTable } from '../../../support/table.ts'

/** Licenses that end in as many different minutes. */
const some = (count: number): Counted[] =>
  Array.from({ length: count }, (_, index) =>
    countedOf(
      aLicense({
        id: `lic_${index}` as never,
        facts: {
          ...aLicense().facts,
          billing: { status: 'paid', paidUntil: NOW + index * 60_000 },
        },
      }),
    ),
  )

/** How much a transaction and a read of several items may hold, by the documentation of DynamoDB. */
const MAX = 100

it('asks for no more at once than DynamoDB takes', async () => {
  const client = aDocumentClient()
  const table = await aTable()
  const sizes: number[] = []
  client.middlewareStack.add(
    (next) => async (args) => {
      const { TransactItems = [], RequestItems = {} } = args.input as {
        TransactItems?: unknown[]
        RequestItems?: Record<string, { Keys: unknown[] }>
      }
      sizes.push(TransactItems.length, RequestItems[table]?.Keys.length ?? 0)
      return next(args)
    },
    { step: 'initialize' },
  )
  const summary = createSummaryStore({ client, table })
  await summary.count(some(250))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX)
  const [all] = await summary.read([[{ from: 'ALWAYS', to: 'ALWAYS' }]])
  expect(all).toEqual(new Map([['active:pro', 250]]))
})
