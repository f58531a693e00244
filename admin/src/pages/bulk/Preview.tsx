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
  helper.accessor(({ row }) => row.cells.userId, { id: 'userId', header: 'User' }),
  helper.accessor(({ row }) => row.cells.userEmail, { id: 'userEmail', header: 'E-mail' }),
  helper.accessor(({ row }) => row.cells.tier, { id: 'tier', header: 'Tier' }),
  helper.accessor(({ row }) => row.cells.duration, { id: 'duration', header: 'Days' }),
  helper.display({
    id: 'outcome',
    header: 'Result',
    cell: ({ row: { original: outcome } }) => <Result {...outcome} />,
  }),
])

function Result(outcome: Outcome) {
  const { row, result } = outcome
  if (row.faults.length > 0) {
    return (
      <Badge tone="bad" sign="✕">
        {row.faults.join('; ')}
      </Badge>
    )
  }
  if (!result) {
    return (
      <Badge tone="quiet" sign="○">
        Ready
      </Badge>
    )
  }
  if (!result.ok) {
    return (
      <Badge tone="bad" sign="✕">
        {outcomeText(outcome)}
      </Badge>
    )
  }
  return (
    <>
      <Badge tone="good" sign="●">
        {outcomeText(outcome)}
      </Badge>{' '}
      {result.id && (
        <Link to="/licenses/$id" params={{ id: result.id }}>
          Show it
        </Link>
      )}{' '}
      {result.license && <code>{result.license}</code>}
    </>
  )
}

const isWrong = ({ row, result }: Outcome) => row.faults.length > 0 || result?.ok === false

export function Preview({ outcomes }: { outcomes: readonly Outcome[] }) {
  const [page, setPage] = useState(0)
  const [onlyWrong, setOnlyWrong] = useState(false)
  const chosen = useMemo(
    () => (onlyWrong ? outcomes.filter(isWrong) : outcomes),
    [outcomes, onlyWrong],
  )
  const pages = Math.max(1, Math.ceil(chosen.length / PAGE_SIZE))
  const current = Math.min(page, pages - 1)
  const shown = chosen.slice(current * PAGE_SIZE, (current + 1) * PAGE_SIZE)
  return (
    <>
      {outcomes.some(isWrong) && (
        <Checkbox label="Only rows with a fault" isSelected={onlyWrong} onChange={setOnlyWrong} />
      )}
      <DataTable
        caption="Rows of the file"
        columns={COLUMNS}
        rows={shown}
        rowId={({ row }) => `${row.line}`}
      />
      {pages > 1 && (
        <nav className="pager" aria-label="Pages of the rows">
          <Button isDisabled={current === 0} onPress={() => setPage(current - 1)}>
            Previous rows
          </Button>
          <span className="hint">
            Page {current + 1} of {pages}
          </span>
          <Button isDisabled={current === pages - 1} onPress={() => setPage(current + 1)}>
            Next rows
          </Button>
        </nav>
      )}
    </>
  )
}
