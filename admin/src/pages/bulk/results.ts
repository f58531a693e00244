/** What became of each row, as a CSV to keep. */

import Papa from 'papaparse'
import type { BulkResult } from '../../api/types.ts'
import type { Row } from './rows.ts'

export interface Outcome {
  readonly row: Row
  readonly result: BulkResult | undefined
}

/** What became of a row, in a word or a sentence. */
export function outcomeText({ result }: Pick<Outcome, 'result'>): string {
  if (result === undefined) return 'Not sent'
  if (result.ok) return result.repeated ? 'Was issued before' : 'Issued'
  const fields = result.fields?.map(({ path, message }) => `${path} ${message}`).join('; ')
  return fields ? `${result.error}: ${fields}` : (result.error ?? 'Refused')
}

/**
 * Whatever was typed stands in it as a text: a spreadsheet that opens it takes nothing for a formula.
 */
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
