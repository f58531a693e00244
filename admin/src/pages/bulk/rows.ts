/** Reads a CSV of licenses to be issued, and says of each row what is wrong with it. */

import Papa from 'papaparse'
import type { Tier } from '../../api/types.ts'

export const COLUMNS = [
  'userId',
  'userEmail',
  'tier',
  'duration',
  'paymentIntentId',
  'ref',
] as const
type Column = (typeof COLUMNS)[number]
type Cells = Readonly<Record<Column, string>>

/** What one license is issued by. */
export interface IssueRequest {
  readonly userId: string
  readonly userEmail?: string
  readonly tier: string
  readonly duration?: number
  readonly paymentIntentId?: string
  /** The vendor's own name of the row. */
  readonly ref?: string
}

export interface Row {
  /** As an editor counts it, the header being line 1. */
  readonly line: number
  readonly cells: Cells
  readonly order: IssueRequest
  readonly faults: readonly string[]
}

export interface ParsedRows {
  readonly rows: readonly Row[]
  /** What is wrong with the whole; no row can be sent then. */
  readonly fault?: string
}

export const MAX_ROWS = 5000
const MAX_LENGTH = 256
const MAX_DAYS = 36_500
const LIFETIME = -1
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** What the first row may call a column. */
const NAMES: Readonly<Record<string, Column>> = {
  userid: 'userId',
  user: 'userId',
  useremail: 'userEmail',
  email: 'userEmail',
  tier: 'tier',
  duration: 'duration',
  days: 'duration',
  paymentintentid: 'paymentIntentId',
  payment: 'paymentIntentId',
  ref: 'ref',
}

const columnOf = (header: string) => NAMES[header.toLowerCase().replace(/[^a-z]/g, '')]

export function parseRows(text: string, tiers: readonly Pick<Tier, 'name'>[]): ParsedRows {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    delimitersToGuess: [',', ';', '\t'],
    skipEmptyLines: false,
  })
  const broken = errors.find(({ type }) => type === 'Quotes')
  if (broken) {
    return {
      rows: [],
      fault: `A quotation mark is missing or too many in line ${(broken.row ?? 0) + 1}.`,
    }
  }
  const [header = [], ...lines] = data
  const columns = header.map(columnOf)
  const unknown = header.filter((name, place) => columns[place] === undefined && name.trim() !== '')
  if (unknown.length > 0) {
    return {
      rows: [],
      fault: `There is no column ${unknown.join(', ')}. Use ${COLUMNS.join(', ')}.`,
    }
  }
  const lacking = (['userId', 'tier'] as const).filter((column) => !columns.includes(column))
  if (lacking.length > 0) {
    return {
      rows: [],
      fault: `The first line must name the columns; ${lacking.join(' and ')} is missing.`,
    }
  }
  const twice = columns.find((column, place) => column && columns.indexOf(column) !== place)
  if (twice) return { rows: [], fault: `The column ${twice} is there twice.` }

  const names = tiers.map(({ name }) => name)
  const filled = lines
    .map((cells, index) => ({ cells, line: index + 2 }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
  if (filled.length === 0) return { rows: [], fault: 'There is no row below the first line.' }
  if (filled.length > MAX_ROWS) {
    return {
      rows: [],
      fault: `There are ${filled.length} rows; send at most ${MAX_ROWS} at once.`,
    }
  }
  const rows = filled.map(({ cells, line }) => readRow(cells, line, columns, names))
  return { rows: withRepeatedRefs(rows) }
}

function readRow(
  given: readonly string[],
  line: number,
  columns: readonly (Column | undefined)[],
  tiers: readonly string[],
): Row {
  const cell = (column: Column) => given[columns.indexOf(column)]?.trim() ?? ''
  const cells = Object.fromEntries(COLUMNS.map((column) => [column, cell(column)])) as Cells
  const { userId, userEmail, duration, paymentIntentId, ref } = cells
  const tier = cells.tier.toLowerCase()
  const days = Number(duration)
  const isLength = days === LIFETIME || (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)
  const tooLong = COLUMNS.filter((column) => cells[column].length > MAX_LENGTH)
  const faults = [
    given.length > columns.length && 'has more fields than there are columns',
    userId === '' && 'userId is missing',
    tier === ''
      ? 'tier is missing'
      : !tiers.includes(tier) && `tier must be one of ${tiers.join(', ')}`,
    userEmail !== '' && !EMAIL.test(userEmail) && 'userEmail is no e-mail address',
    duration !== '' &&
      !isLength &&
      `duration must be whole days from 1 to ${MAX_DAYS}, or -1 for life`,
    ...tooLong.map((column) => `${column} is longer than ${MAX_LENGTH} characters`),
  ].filter((fault) => typeof fault === 'string')
  return {
    line,
    cells,
    faults,
    order: {
      userId,
      tier,
      ...(userEmail !== '' && { userEmail }),
      ...(duration !== '' && { duration: days }),
      ...(paymentIntentId !== '' && { paymentIntentId }),
      ...(ref !== '' && { ref }),
    },
  }
}

/** Of two rows with one name only the first would be issued. */
function withRepeatedRefs(rows: readonly Row[]): readonly Row[] {
  const first = new Map<string, number>()
  return rows.map((row) => {
    const { ref } = row.order
    if (ref === undefined) return row
    const line = first.get(ref)
    if (line === undefined) {
      first.set(ref, row.line)
      return row
    }
    return { ...row, faults: [...row.faults, `ref is that of line ${line} too`] }
  })
}

export const TEMPLATE = Papa.unparse({
  fields: [...COLUMNS],
  data: [
    ['user_123', 'user@example.com', 'pro', '365', '', 'order-1001'],
    ['user_124', '', 'lifetime', '-1', '', 'order-1002'],
  ],
})
