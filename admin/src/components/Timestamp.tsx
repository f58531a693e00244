import { formatDate, formatDateTime, formatRelative, isValidTime } from '../format/time.ts'

interface TimestampProps {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly dateOnly?: boolean
}

/** A time in the browser's locale and zone, with its distance from now and its ISO form as a tooltip. */
export function Timestamp({ at, dateOnly = false }: TimestampProps) {
  if (!isValidTime(at)) return <>Unknown</>
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={iso} className="timestamp">
      {dateOnly ? formatDate(at) : formatDateTime(at)}{' '}
      <span className="hint">({formatRelative(at, Date.now())})</span>
    </time>
  )
}
