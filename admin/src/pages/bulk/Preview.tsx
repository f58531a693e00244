import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { createColumns, DataTable } from '../../components/DataTable.tsx'
import { Checkbox } from '../../components/Fields.tsx'
import { type Outcome, outcomeText } from './results.ts'

const PAGE_SIZE = 50

const helper = createColumns<Outcome>()

const COLUMNS = helper.columns([
  helper.accessor(({ row }) => row.line, { id: 'line', header: 'Line' }),
  helper.accessor(({ row }) => row.cells.userId, { id: 'userId', header: 'User ID' }),
  helper.accessor(({ row }) => row.cells.userEmail, { id: 'userEmail', header: 'Email' }),
  helper.accessor(({ row }) => row.cells.tier, { id: 'tier', header: 'Tier' }),
  helper.accessor(({ row }) => row.cells.duration, { id: 'duration', header: 'Days' }),
  helper.display({
    id: 'result',
    header: 'Result',
    cell: ({ row: { original: outcome } }) => <Result {...outcome} />,
  }),
])

function Result(outcome: Outcome) {
  const { row, result } = outcome
  if (hasFailed(outcome)) {
    const error = row.errors.join('; ') || outcomeText(outcome)
    return <span className="field-error">{error}</span>
  }
  if (!result) return <Badge tone="neutral">Ready</Badge>
  return (
    <>
      <Badge tone="success">{outcomeText(outcome)}</Badge>{' '}
      {result.id && (
        <Link to="/licenses/$id" params={{ id: result.id }}>
          View license
        </Link>
      )}{' '}
      {result.license && <code>{result.license}</code>}
    </>
  )
}

const hasFailed = ({ row, result }: Outcome) => row.errors.length > 0 || result?.ok === false

export function Preview({ outcomes }: { outcomes: readonly Outcome[] }) {
  const [selectedPage, setSelectedPage] = useState(0)
  const [onlyFailed, setOnlyFailed] = useState(false)
  const matches = useMemo(
    () => (onlyFailed ? outcomes.filter(hasFailed) : outcomes),
    [outcomes, onlyFailed],
  )
  const pageCount = Math.max(1, Math.ceil(matches.length / PAGE_SIZE))
  const page = Math.min(selectedPage, pageCount - 1)
  return (
    <>
      {outcomes.some(hasFailed) && (
        <Checkbox label="Show only errors" isSelected={onlyFailed} onChange={setOnlyFailed} />
      )}
      <DataTable
        caption="Rows of the file"
        columns={COLUMNS}
        rows={matches.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE)}
        rowId={({ row }) => `${row.line}`}
      />
      {pageCount > 1 && (
        <nav className="pager row" aria-label="Pages of rows">
          <Button isDisabled={page === 0} onPress={() => setSelectedPage(page - 1)}>
            Previous
          </Button>
          <span className="hint">
            Page {page + 1} of {pageCount}
          </span>
          <Button isDisabled={page === pageCount - 1} onPress={() => setSelectedPage(page + 1)}>
            Next
          </Button>
        </nav>
      )}
    </>
  )
}
