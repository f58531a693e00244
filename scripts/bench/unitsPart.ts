import { figure, table } from './markdown.ts'
import type { Part } from './part.ts'
import { measureUnits, type Taken } from './units.ts'

export const unitsPart: Part<readonly Taken[]> = {
  name: 'units',
  title: 'What a request takes of the database',

  measure: ({ stage, bundles }) => measureUnits(stage, bundles),

  tell: (
    taken,
  ) => `Counted between the packaged functions and DynamoDB Local by \`ReturnConsumedCapacity\`, as AWS bills it: an item
that is not there is read as one of the smallest size, and a write in a transaction counts twice. Entries of indexes count
like the items that they are of, which is at least what AWS takes. \`npm test\` fails when a route takes more.

${table(
  ['request', 'status', 'round trips', 'read units', 'write units'],
  taken.map(({ route, status, operations, read, write }) => [
    route,
    `${status}`,
    `${operations.length}`,
    figure(read),
    figure(write),
  ]),
)}`,
}
