import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { catalogQuery } from '../../api/queries.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field } from '../../components/Fields.tsx'
import { Card, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { CsvInput } from './CsvInput.tsx'
import { download } from './download.ts'
import { Preview } from './Preview.tsx'
import { type Outcome, resultsCsv } from './results.ts'
import { COLUMNS, MAX_ROWS, parseRows, TEMPLATE } from './rows.ts'
import { type Results, send } from './send.ts'

const NONE: Results = new Map()
const MAX_NAME_LENGTH = 100

export function BulkPage() {
  const catalog = useQuery(catalogQuery())
  return (
    <Page
      title="Issue many"
      lead={`From a CSV file with the columns ${COLUMNS.join(', ')}; at most ${MAX_ROWS} rows.`}
      tools={
        <Button onPress={() => download('licenses.csv', TEMPLATE)}>Download a template</Button>
      }
    >
      {catalog.error && (
        <ErrorMessage
          error={catalog.error}
          what="What is sold could not be loaded."
          onRetry={() => void catalog.refetch()}
        />
      )}
      {!catalog.data && !catalog.error && <Skeleton rows={4} />}
      {catalog.data && <Bulk tiers={catalog.data.tiers} />}
    </Page>
  )
}

function Bulk({ tiers }: { tiers: readonly { name: string }[] }) {
  const [text, setText] = useState('')
  const [batch, setBatch] = useState('')
  const [reason, setReason] = useState('')
  const [results, setResults] = useState(NONE)
  const client = useQueryClient()
  const stop = useRef(new AbortController())
  const read = useDeferredValue(text)
  const table = useMemo(
    () => (read.trim() === '' ? undefined : parseRows(read, tiers)),
    [read, tiers],
  )
  const rows = table?.rows ?? []
  const good = rows.filter(({ faults }) => faults.length === 0)
  const outcomes: Outcome[] = rows.map((row) => ({ row, result: results.get(row.line) }))
  const answered = good.filter(({ line }) => results.has(line)).length
  const issued = outcomes.filter(({ result }) => result?.ok).length

  const sending = useMutation({
    mutationFn: () => {
      stop.current = new AbortController()
      const { signal } = stop.current
      const onProgress = (known: Results) => {
        setResults(known)
        announce(`${known.size} of ${good.length} rows are answered`)
      }
      return send({ rows: good, batch, reason: reason.trim(), known: results, onProgress, signal })
    },
    onSettled() {
      void client.invalidateQueries({ queryKey: ['licenses'] })
      void client.invalidateQueries({ queryKey: ['overview'] })
      void client.invalidateQueries({ queryKey: ['parked'] })
    },
  })
  useEffect(() => () => stop.current.abort(), [])
  useEffect(() => {
    if (!sending.isPending && issued === 0) return
    // Keys that are shown this once are not lost by a wrong click.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [sending.isPending, issued])

  const take = (next: string, file?: string) => {
    setText(next)
    if (file !== undefined) setBatch(file.slice(0, MAX_NAME_LENGTH))
    setResults(NONE)
    sending.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!sending.isPending && good.length > 0) sending.mutate()
  }
  const isBegun = results.size > 0 || sending.isPending
  const isAllAnswered = good.length > 0 && answered === good.length

  return (
    <form onSubmit={submit} className="stack">
      <Card title="Rows">
        <CsvInput text={text} onChange={take} isDisabled={sending.isPending} />
        {table?.fault && (
          <p role="alert" className="problem">
            {table.fault}
          </p>
        )}
      </Card>
      {rows.length > 0 && (
        <Card title="Preview">
          <p role="status">
            {good.length} of {rows.length} rows can be issued
            {good.length < rows.length && '; those that cannot are left out until they are mended'}.
          </p>
          <div className="row">
            <Field
              label="Name of the batch"
              value={batch}
              onChange={(name) => {
                // What is on its way has the name that it was sent under.
                if (sending.isPending) return
                setBatch(name)
                setResults(NONE)
                sending.reset()
              }}
              isRequired
              maxLength={MAX_NAME_LENGTH}
              hint="The same rows under the same name are issued once, on whatever day and however often they are sent."
            />
            <Field
              label="Reason"
              value={reason}
              onChange={setReason}
              maxLength={500}
              hint="It stands in the history of each."
            />
          </div>
          {isBegun && (
            <p role="status">
              <progress max={good.length} value={answered} aria-label="Rows that are answered" />{' '}
              {answered} of {good.length} answered, {issued} issued
            </p>
          )}
          {sending.error && (
            <ErrorMessage
              error={sending.error}
              what="Not all rows were answered. Go on: nothing is issued twice."
            />
          )}
          <div className="buttons">
            {outcomes.some(({ result }) => result) && (
              <Button
                onPress={() =>
                  download(`results-${batch.replace(/\.csv$/i, '')}.csv`, resultsCsv(outcomes))
                }
              >
                Download the results
              </Button>
            )}
            {!isAllAnswered && (
              <Button
                type="submit"
                variant="primary"
                isPending={sending.isPending}
                isDisabled={good.length === 0}
              >
                {results.size > 0 || sending.error
                  ? 'Go on'
                  : `Issue ${good.length} ${good.length === 1 ? 'license' : 'licenses'}`}
              </Button>
            )}
          </div>
          <Preview outcomes={outcomes} />
        </Card>
      )}
    </form>
  )
}
