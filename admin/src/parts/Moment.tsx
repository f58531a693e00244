import { formatDay, formatDistance, formatMoment, isMoment } from '../format/time.ts'

interface MomentProps {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly dayOnly?: boolean
}

/** A moment in the reader's own words and zone, how far off it is, and to the millisecond for whoever points at it. */
export function Moment({ at, dayOnly = false }: MomentProps) {
  if (!isMoment(at)) return <>unknown</>
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={iso} className="moment">
      {dayOnly ? formatDay(at) : formatMoment(at)}{' '}
      <span className="hint">{formatDistance(at, Date.now())}</span>
    </time>
  )
}
