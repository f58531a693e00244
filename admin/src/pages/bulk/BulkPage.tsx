import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { catalogQuery } from '../../api/queries.ts'
import { invalidateLists } from '../../api/queryClient.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field } from '../../components/Fields.tsx'
import { Card, Page } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'
import { CsvInput } from './CsvInput.tsx'
import { downloadCsv } from './download.ts'
import { Preview } from './Preview.tsx'
import { type Outcome, resultsCsv } from './results.ts'
import { COLUMNS, MAX_ROWS, parseRows, TEMPLATE } from './rows.ts'
import { type Results, send } from './send.ts'

const NO_RESULTS: Results = new Map()
const MAX_NAME_LENGTH = 100

export function BulkPage() {
  const catalog = useQuery(catalogQuery())
  return (
    <Page
      title="Bulk issue"
      subtitle={`Issue up to ${MAX_ROWS} licenses from a CSV file with the columns ${COLUMNS.join(', ')}.`}
      toolbar={
        <Button onPress={() => downloadCsv('licenses.csv', TEMPLATE)}>Download template</Button>
      }
    >
      <QueryStatus query={catalog} name="the catalog" />
      {catalog.data && <BulkForm tiers={catalog.data.tiers} />}
    </Page>
  )
}

function BulkForm({ tiers }: { tiers: readonly { name: string }[] }) {
  const [text, setText] = useState('')
  const [batch, setBatch] = useState('')
  const [reason, setReason] = useState('')
  const [results, setResults] = useState(NO_RESULTS)
  const abort = useRef(new AbortController())
  const deferredText = useDeferredValue(text)
  const file = useMemo(
    () => (deferredText.trim() === '' ? undefined : parseRows(deferredText, tiers)),
    [deferredText, tiers],
  )
  const rows = file?.rows ?? []
  const valid = rows.filter(({ errors }) => errors.length === 0)
  const outcomes: Outcome[] = rows.map((row) => ({ row, result: results.get(row.line) }))
  const processed = valid.filter(({ line }) => results.has(line)).length
  const issued = outcomes.filter(({ result }) => result?.ok).length

  const sending = useMutation({
    mutationFn: () => {
      abort.current = new AbortController()
      const { signal } = abort.current
      const onProgress = (latest: Results) => {
        setResults(latest)
        announce(`${latest.size} of ${valid.length} rows processed`)
      }
      return send({ rows: valid, batch, reason: reason.trim(), results, onProgress, signal })
    },
    onSettled: invalidateLists,
  })
  useEffect(() => () => abort.current.abort(), [])
  useEffect(() => {
    if (!sending.isPending && issued === 0) return
    // The keys are displayed only once, so confirm before the page is closed.
    const confirmLeave = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', confirmLeave)
    return () => removeEventListener('beforeunload', confirmLeave)
  }, [sending.isPending, issued])

  const changeText = (next: string, fileName?: string) => {
    setText(next)
    if (fileName !== undefined) setBatch(fileName.slice(0, MAX_NAME_LENGTH))
    setResults(NO_RESULTS)
    sending.reset()
  }
  const changeBatch = (name: string) => {
    // The rows in flight have IDs that depend on the name.
    if (sending.isPending) return
    setBatch(name)
    setResults(NO_RESULTS)
    sending.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!sending.isPending && valid.length > 0) sending.mutate()
  }
  const hasStarted = results.size > 0 || sending.isPending
  const isFinished = valid.length > 0 && processed === valid.length

  return (
    <form onSubmit={submit} className="stack">
      <Card title="Rows">
        <CsvInput text={text} onChange={changeText} isDisabled={sending.isPending} />
        {file?.error && (
          <p role="alert" className="error">
            {file.error}
          </p>
        )}
      </Card>
      {rows.length > 0 && (
        <Card title="Preview">
          <div className="stack">
            <p role="status">
              {valid.length} of {rows.length} rows can be issued.
              {valid.length < rows.length && ' Rows with errors are skipped.'}
            </p>
            <div className="field-row">
              <Field
                label="Batch name"
                value={batch}
                onChange={changeBatch}
                isRequired
                maxLength={MAX_NAME_LENGTH}
                hint="Uploading the same rows with the same batch name again doesn’t issue duplicates."
              />
              <Field
                label="Reason"
                value={reason}
                onChange={setReason}
                maxLength={500}
                hint="Added to the history of each license."
              />
            </div>
            {hasStarted && (
              <p role="status">
                <progress max={valid.length} value={processed} aria-label="Processed rows" />{' '}
                {processed} of {valid.length} processed, {issued} issued
              </p>
            )}
            {sending.error && (
              <ErrorMessage
                error={sending.error}
                title="Not all rows were processed. Continuing does not issue duplicates."
              />
            )}
            <div className="row">
              {results.size > 0 && (
                <Button
                  onPress={() =>
                    downloadCsv(`results-${batch.replace(/\.csv$/i, '')}.csv`, resultsCsv(outcomes))
                  }
                >
                  Download results
                </Button>
              )}
              {!isFinished && (
                <Button
                  type="submit"
                  variant="primary"
                  isPending={sending.isPending}
                  isDisabled={valid.length === 0}
                >
                  {results.size > 0 || sending.error
                    ? 'Continue'
                    : `Issue ${valid.length} ${valid.length === 1 ? 'license' : 'licenses'}`}
                </Button>
              )}
            </div>
            <Preview outcomes={outcomes} />
          </div>
        </Card>
      )}
    </form>
  )
}
