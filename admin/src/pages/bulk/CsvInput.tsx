import { type DragEvent, useId, useState } from 'react'
import { Field } from '../../components/Fields.tsx'

const MAX_BYTES = 5_000_000

interface CsvInputProps {
  readonly text: string
  /** `file` is what the file is called that it is from. */
  readonly onChange: (text: string, file?: string) => void
  readonly isDisabled: boolean
}

/** Where the rows come from: a file that is chosen or dropped, or what is pasted. */
export function CsvInput({ text, onChange, isDisabled }: CsvInputProps) {
  const id = useId()
  const [fault, setFault] = useState<string>()

  async function take(file: File | undefined) {
    if (!file || isDisabled) return
    if (file.size > MAX_BYTES) return setFault('The file is larger than 5 MB.')
    setFault(undefined)
    try {
      // A file that is not in UTF-8 would put wrong names on record.
      onChange(
        new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()),
        file.name,
      )
    } catch {
      setFault('The file is not in UTF-8: save it as “CSV UTF-8” and choose it again.')
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    void take(event.dataTransfer.files[0])
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is another way of choosing the file below
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop} className="stack">
      <div className="field">
        <label htmlFor={id}>CSV file, chosen or dropped here</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv,text/plain"
          disabled={isDisabled}
          onChange={({ target }) => {
            void take(target.files?.[0])
            target.value = ''
          }}
        />
        {fault && (
          <span role="alert" className="fault">
            {fault}
          </span>
        )}
      </div>
      <Field
        label="Or paste it"
        value={text}
        onChange={(next) => {
          if (!isDisabled) onChange(next)
        }}
        isMultiline
        rows={6}
        placeholder={'userId,userEmail,tier,duration\nuser_123,user@example.com,pro,365'}
      />
    </div>
  )
}
