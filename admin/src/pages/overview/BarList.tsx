import { Link } from '@tanstack/react-router'
import { formatNumber } from '../../format/number.ts'
import type { ListSearch } from '../licenses/search.ts'

interface BarListProps {
  readonly bars: readonly {
    readonly label: string
    readonly value: number
    /** The licenses that the value counts. */
    readonly search: ListSearch
  }[]
  /** The value of a full bar. */
  readonly max: number
}

export function BarList({ bars, max }: BarListProps) {
  return (
    <ul className="bars">
      {bars.map(({ label, value, search }) => (
        <li key={label}>
          <Link to="/licenses" search={search}>
            {label}
          </Link>
          <span className="track" aria-hidden="true">
            <span style={{ width: `${(100 * value) / Math.max(max, 1)}%` }} />
          </span>
          <span className="count">{formatNumber(value)}</span>
        </li>
      ))}
    </ul>
  )
}
