/** The result of each row, and its CSV file. */

import Papa from 'papaparse'
import type { BulkResult } from '../../api/types.ts'
import type { Row } from './rows.ts'

export interface Outcome {
  readonly row: Row
  readonly result: BulkResult | undefined
}

export function outcomeText({ result }: Pick<Outcome, 'result'>): string {
  if (result === undefined) return 'Not sent'
  if (result.ok) return result.repeated ? 'Already issued' : 'Issued'
  const fields = result.fields?.map(({ path, message }) => `${path} ${message}`).join('; ')
  return fields ? `${result.error}: ${fields}` : (result.error ?? 'Rejected')
}

/** Returns the results as CSV. Values that a spreadsheet would run as formulas are escaped. */
export function resultsCsv(outcomes: readonly Outcome[]): string {
  return Papa.unparse(
    outcomes.map((outcome) => ({
      line: outcome.row.line,
      userId: outcome.row.cells.userId,
      userEmail: outcome.row.cells.userEmail,
      tier: outcome.row.cells.tier,
      result: outcomeText(outcome),
      id: outcome.result?.id ?? '',
      license: outcome.result?.license ?? '',
    })),
    { escapeFormulae: true },
  )
}
