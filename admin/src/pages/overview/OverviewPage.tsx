import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { overviewQuery } from '../../api/queries.ts'
import type { Overview } from '../../api/types.ts'
import { Card, EmptyState, Page, Skeleton } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { formatNumber } from '../../format/number.ts'
import { describeState } from '../../labels/states.ts'
import { type ListSearch, STATES } from '../licenses/search.ts'
import { BarList } from './BarList.tsx'
import type { Series } from './DayChart.tsx'

const DayChart = lazy(async () => ({
  default: (await import('./DayChart.tsx')).DayChart,
})) as typeof import('./DayChart.tsx').DayChart

const ISSUED: readonly Series<Overview['issuedPerDay'][number]>[] = [
  { label: 'Issued', color: '--accent', count: ({ issued }) => issued },
]
const VERIFIED: readonly Series<{ valid: number; refused: number }>[] = [
  { label: 'Valid', color: '--accent', count: ({ valid }) => valid },
  { label: 'Invalid', color: '--danger', count: ({ refused }) => refused },
]

const EXPIRING_DAYS = 30
/** The API counts unmatched purchases up to this number. */
const MAX_UNMATCHED = 100

export function OverviewPage() {
  const overview = useQuery(overviewQuery())
  const { data } = overview
  return (
    <Page
      title="Overview"
      subtitle={
        data && (
          <>
            Last updated <Timestamp at={data.at} />
          </>
        )
      }
    >
      <QueryStatus query={overview} name="statistics" rows={8} />
      {data && <Loaded {...data} />}
    </Page>
  )
}

function Loaded(overview: Overview) {
  const { byTier, issuedPerDay, verifiesPerDay, parked, states, total } = overview
  return (
    <>
      {parked > 0 && <UnmatchedNotice count={parked} />}
      <Metrics {...overview} />
      {total === 0 && (
        <EmptyState>
          No licenses yet. <Link to="/issue">Issue the first license</Link> or connect Stripe.
        </EmptyState>
      )}
      <div className="columns">
        <Card title="Licenses issued per day">
          <Suspense fallback={<Skeleton />}>
            <DayChart title="Licenses issued per day in UTC" days={issuedPerDay} series={ISSUED} />
          </Suspense>
        </Card>
        <Card title="Verifications per day">
          {verifiesPerDay ? (
            <Suspense fallback={<Skeleton />}>
              <DayChart
                title="Verifications per day in UTC"
                days={verifiesPerDay}
                series={VERIFIED}
              />
            </Suspense>
          ) : (
            <EmptyState>
              Not available here. Verifications are counted by CloudWatch when deployed to AWS.
            </EmptyState>
          )}
        </Card>
        <Card title="Licenses by state">
          <BarList
            max={total}
            bars={STATES.map((state) => ({
              label: describeState(state).label,
              value: states[state],
              search: { state },
            }))}
          />
        </Card>
        <Card title="Valid licenses by tier">
          {byTier.length === 0 && <EmptyState>No valid licenses.</EmptyState>}
          <BarList
            max={Math.max(...byTier.map(({ good }) => good))}
            bars={byTier.map(({ tier, good }) => ({ label: tier, value: good, search: { tier } }))}
          />
        </Card>
      </div>
    </>
  )
}

function UnmatchedNotice({ count }: { count: number }) {
  const purchases = count === 1 ? '1 purchase' : `${count} purchases`
  return (
    <p className="notice">
      <strong>{count >= MAX_UNMATCHED ? `At least ${purchases}` : purchases}</strong>{' '}
      {count === 1 ? 'has' : 'have'} no license because the tier is unknown.{' '}
      <Link to="/unmatched-purchases">Review unmatched purchases</Link>
    </p>
  )
}

function Metrics({ states, trials, total, expiringSoon }: Overview) {
  const valid = states.active + states.grace + states.canceling
  return (
    <ul className="metrics">
      <Metric
        label="Active"
        value={states.active}
        hint={trials > 0 ? `${formatNumber(trials)} in a trial` : 'Valid and paid'}
        search={{ state: 'active' }}
      />
      <Metric
        label="Grace period"
        value={states.grace}
        hint="Renewal not paid yet"
        search={{ state: 'grace' }}
      />
      <Metric
        label="Expiring soon"
        value={expiringSoon}
        hint={`Expires within ${EXPIRING_DAYS} days`}
        search={{ within: EXPIRING_DAYS }}
      />
      <Metric
        label="Revoked"
        value={states.revoked}
        hint="Admin, refund or dispute"
        search={{ state: 'revoked' }}
      />
      <Metric
        label="All licenses"
        value={total}
        hint={`${formatNumber(valid)} valid`}
        search={{}}
      />
    </ul>
  )
}

interface MetricProps {
  readonly label: string
  readonly value: number
  readonly hint: string
  /** The licenses that the value counts. */
  readonly search: ListSearch
}

function Metric({ label, value, hint, search }: MetricProps) {
  return (
    <li>
      <Link to="/licenses" search={search} className="metric">
        <strong className="hint">{label}</strong>
        <span className="metric-value">{formatNumber(value)}</span>
        <span className="hint">{hint}</span>
      </Link>
    </li>
  )
}
