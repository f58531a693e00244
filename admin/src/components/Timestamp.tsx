import { formatDate, formatDateTime, formatRelative, isValidTime } from '../format/time.ts'

interface TimestampProps {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly dayOnly?: boolean
}

/** A moment in the reader's own words and zone, how far off it is, and to the millisecond for whoever points at it. */
export function Timestamp({ at, dayOnly = false }: TimestampProps) {
  if (!isValidTime(at)) return <>unknown</>
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={iso} className="moment">
      {dayOnly ? formatDate(at) : formatDateTime(at)}{' '}
      <span className="hint">{formatRelative(at, Date.now())}</span>
    </time>
  )
}
