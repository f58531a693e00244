/** Parses and validates a CSV file of licenses to issue. */

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

/** The parameters of one license. */
export interface IssueRequest {
  readonly userId: string
  readonly userEmail?: string
  readonly tier: string
  readonly duration?: number
  readonly paymentIntentId?: string
  /** Idempotency key. */
  readonly ref?: string
}

export interface Row {
  /** Line number in the file; the header is line 1. */
  readonly line: number
  readonly cells: Cells
  readonly request: IssueRequest
  readonly errors: readonly string[]
}

interface ParsedFile {
  readonly rows: readonly Row[]
  /** An error that concerns the whole file. It has no rows then. */
  readonly error?: string
}

export const MAX_ROWS = 5000
const MAX_LENGTH = 256
const MAX_DAYS = 36_500
const LIFETIME = -1
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** Accepted column names, in lower case and without other characters. */
const COLUMN_NAMES: Readonly<Record<string, Column>> = {
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

const toColumn = (header: string) => COLUMN_NAMES[header.toLowerCase().replace(/[^a-z]/g, '')]

/** Parses a CSV file with a header. Comma, semicolon and tab are accepted as separators. */
export function parseRows(text: string, tiers: readonly Pick<Tier, 'name'>[]): ParsedFile {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    delimitersToGuess: [',', ';', '\t'],
    skipEmptyLines: false,
  })
  const [header = [], ...lines] = data
  const columns = header.map(toColumn)
  const rows = lines
    .map((cells, index) => ({ cells, line: index + 2 }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
  const badQuotes = errors.find(({ type }) => type === 'Quotes')
  const error = badQuotes
    ? `Line ${(badQuotes.row ?? 0) + 1} has an unmatched quotation mark.`
    : (headerError(header, columns) ?? rowCountError(rows.length))
  if (error !== undefined) return { rows: [], error }
  const names = tiers.map(({ name }) => name)
  return { rows: checkRefs(rows.map(({ cells, line }) => parseRow(cells, line, columns, names))) }
}

type Columns = readonly (Column | undefined)[]

function headerError(header: readonly string[], columns: Columns): string | undefined {
  const unknown = header.filter((name, index) => columns[index] === undefined && name.trim() !== '')
  if (unknown.length > 0) {
    return `Unknown column ${unknown.join(', ')}. Use ${COLUMNS.join(', ')}.`
  }
  const missing = (['userId', 'tier'] as const).filter((column) => !columns.includes(column))
  if (missing.length > 0) {
    return `The first line must contain the column names; missing: ${missing.join(', ')}.`
  }
  const repeated = columns.find((column, index) => column && columns.indexOf(column) !== index)
  return repeated && `The column ${repeated} appears twice.`
}

function rowCountError(count: number): string | undefined {
  if (count === 0) return 'The file has no rows below the header.'
  return count > MAX_ROWS ? `The file has ${count} rows; the limit is ${MAX_ROWS}.` : undefined
}

function parseRow(
  values: readonly string[],
  line: number,
  columns: Columns,
  tiers: readonly string[],
): Row {
  const cell = (column: Column) => values[columns.indexOf(column)]?.trim() ?? ''
  const cells = Object.fromEntries(COLUMNS.map((column) => [column, cell(column)])) as Cells
  const { userId, userEmail, duration, paymentIntentId, ref } = cells
  const tier = cells.tier.toLowerCase()
  const days = Number(duration)
  const isDuration = days === LIFETIME || (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)
  const errors = [
    values.length > columns.length && 'has more values than the header has columns',
    userId === '' && 'userId is missing',
    tier === ''
      ? 'tier is missing'
      : !tiers.includes(tier) && `tier must be one of ${tiers.join(', ')}`,
    userEmail !== '' && !EMAIL.test(userEmail) && 'userEmail is not an email address',
    duration !== '' &&
      !isDuration &&
      `duration must be a whole number of days from 1 to ${MAX_DAYS}, or -1 for a lifetime license`,
    ...COLUMNS.map(
      (column) =>
        cells[column].length > MAX_LENGTH && `${column} is longer than ${MAX_LENGTH} characters`,
    ),
  ].filter((error) => typeof error === 'string')
  return {
    line,
    cells,
    errors,
    request: {
      userId,
      tier,
      ...(userEmail !== '' && { userEmail }),
      ...(duration !== '' && { duration: days }),
      ...(paymentIntentId !== '' && { paymentIntentId }),
      ...(ref !== '' && { ref }),
    },
  }
}

/** Rejects repeated refs: the API would issue only the first of these rows. */
function checkRefs(rows: readonly Row[]): readonly Row[] {
  const lines = new Map<string, number>()
  return rows.map((row) => {
    const { ref } = row.request
    const firstLine = ref === undefined ? undefined : lines.get(ref)
    if (firstLine !== undefined) {
      return { ...row, errors: [...row.errors, `ref is already used in line ${firstLine}`] }
    }
    if (ref !== undefined) lines.set(ref, row.line)
    return row
  })
}

export const TEMPLATE = Papa.unparse({
  fields: [...COLUMNS],
  data: [
    ['user_123', 'user@example.com', 'pro', '365', '', 'order-1001'],
    ['user_124', '', 'lifetime', '-1', '', 'order-1002'],
  ],
})
