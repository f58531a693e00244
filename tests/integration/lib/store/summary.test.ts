import { expect, it } from '@jest/globals'
import { type CountedLicense, toCountedLicense } from '../../../../lib/license/summary.ts'
import { createTable } from '../../../../lib/store/sdkTable.ts'
import { createSummaryStore } from '../../../../lib/store/summary.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'
import { aDocumentClient, aTable } from '../../../support/table.ts'

/** Returns licenses that expire in different minutes. */
const someLicenses = (count: number): CountedLicense[] =>
  Array.from({ length: count }, (_, index) =>
    toCountedLicense(
      aLicense({
        id: `lic_${index}` as never,
        facts: {
          ...aLicense().facts,
          billing: { status: 'paid', paidUntil: NOW + index * 60_000 },
        },
      }),
    ),
  )

/** The limit of items in a transaction and in a batch read. */
const MAX = 100

it('stays within the limits of DynamoDB', async () => {
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
  const summary = createSummaryStore(createTable(client, table))
  await summary.count(someLicenses(250))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX)
  const [all] = await summary.read([[{ from: 'ALWAYS', to: 'ALWAYS' }]])
  expect(all).toEqual(new Map([['active:pro', 250]]))
})
