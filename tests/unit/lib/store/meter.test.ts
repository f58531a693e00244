import { expect, it } from '@jest/globals'
import { unitsIn } from '../../../../lib/store/meter.ts'

const takes = (...units: (number | undefined)[]) => ({
  ConsumedCapacity: units.map((CapacityUnits) =>
    CapacityUnits === undefined ? {} : { CapacityUnits },
  ),
})

it.each([
  ['PutItemCommand', takes(2), { read: 0, write: 2 }],
  ['UpdateItemCommand', { ConsumedCapacity: { CapacityUnits: 1 } }, { read: 0, write: 1 }],
  ['TransactWriteItemsCommand', takes(4, 2), { read: 0, write: 6 }],
  ['BatchGetItemCommand', takes(1.5, 0.5), { read: 2, write: 0 }],
  ['QueryCommand', takes(3), { read: 3, write: 0 }],
  ['QueryCommand', takes(3, undefined), { read: 3, write: 0 }],
  ['GetItemCommand', {}, { read: 0, write: 0 }],
])('counts what %s consumed by %j as %j', (operation, answer, units) => {
  expect(unitsIn(operation, answer)).toEqual(units)
})
