import { Link } from '@tanstack/react-router'
import type { Overview } from '../../api/types.ts'
import { EmptyState } from '../../components/Page.tsx'
import { Bar } from './Bar.tsx'

const number = new Intl.NumberFormat()

export function TierBars({ byTier }: Pick<Overview, 'byTier'>) {
  const most = Math.max(1, ...byTier.map(({ good }) => good))
  if (byTier.length === 0) return <EmptyState>No license is good now.</EmptyState>
  return (
    <ul className="bars">
      {byTier.map(({ tier, good }) => (
        <li key={tier}>
          <Link to="/licenses" search={{ tier }}>
            {tier}
          </Link>
          <Bar value={good} most={most} />
          <span className="count">{number.format(good)}</span>
        </li>
      ))}
    </ul>
  )
}
