import { type DragEvent, useId, useState } from 'react'
import { Field } from '../../components/Fields.tsx'

const MAX_BYTES = 5_000_000

interface CsvInputProps {
  readonly text: string
  readonly onChange: (text: string, fileName?: string) => void
  readonly isDisabled: boolean
}

/** Takes CSV text from a file or from the clipboard. */
export function CsvInput({ text, onChange, isDisabled }: CsvInputProps) {
  const id = useId()
  const [error, setError] = useState<string>()

  async function read(file: File | undefined) {
    if (!file || isDisabled) return
    if (file.size > MAX_BYTES) return setError('The file is larger than 5 MB.')
    setError(undefined)
    try {
      // Other encodings must not be stored as corrupted names.
      const decoder = new TextDecoder('utf-8', { fatal: true })
      onChange(decoder.decode(await file.arrayBuffer()), file.name)
    } catch {
      setError('The file is not encoded in UTF-8. Save it as “CSV UTF-8” and select it again.')
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    void read(event.dataTransfer.files[0])
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the file input below does the same without dragging
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop} className="stack">
      <div className="field">
        <label htmlFor={id}>CSV file</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv,text/plain"
          disabled={isDisabled}
          onChange={({ target }) => {
            void read(target.files?.[0])
            target.value = ''
          }}
        />
        <span className="hint">Select a file or drop it here.</span>
        {error && (
          <span role="alert" className="field-error">
            {error}
          </span>
        )}
      </div>
      <Field
        label="Or paste CSV text"
        value={text}
        onChange={(next) => {
          if (!isDisabled) onChange(next)
        }}
        rows={6}
        placeholder={'userId,userEmail,tier,duration\nuser_123,user@example.com,pro,365'}
      />
    </div>
  )
}
