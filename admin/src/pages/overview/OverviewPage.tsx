import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { overviewQuery } from '../../api/queries.ts'
import type { Overview } from '../../api/types.ts'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Card, EmptyState, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { describeState } from '../../labels/states.ts'
import { type ListSearch, STATES } from '../licenses/search.ts'
import { Bar } from './Bar.tsx'
import { TierBars } from './TierBars.tsx'

const DayChart = lazy(async () => ({ default: (await import('./DayChart.tsx')).DayChart }))

const number = new Intl.NumberFormat()

interface MetricProps {
  readonly label: string
  readonly value: number
  readonly hint: string
  readonly search: ListSearch
}

function Metric({ label, value, hint, search }: MetricProps) {
  return (
    <li>
      <Link to="/licenses" search={search} className="figure">
        <span className="figure-label">{label}</span>
        <span className="figure-value">{number.format(value)}</span>
        <span className="hint">{hint}</span>
      </Link>
    </li>
  )
}

function Metrics({ states, trials, total, expiringSoon }: Overview) {
  const good = states.active + states.grace + states.canceling
  return (
    <ul className="figures">
      <Metric
        label="Active"
        value={states.active}
        hint={trials > 0 ? `${number.format(trials)} of them on trial` : 'Paid for, and good'}
        search={{ state: 'active' }}
      />
      <Metric
        label="In grace"
        value={states.grace}
        hint="Good, but a renewal failed"
        search={{ state: 'grace' }}
      />
      <Metric
        label="Expiring in 30 days"
        value={expiringSoon}
        hint="Good now, and not then"
        search={{ within: 30 }}
      />
      <Metric
        label="Revoked"
        value={states.revoked}
        hint="By a person, a refund or a dispute"
        search={{ state: 'revoked' }}
      />
      <Metric
        label="All licenses"
        value={total}
        hint={`${number.format(good)} of them good now`}
        search={{}}
      />
    </ul>
  )
}

function StateList({ states, total }: Overview) {
  return (
    <ul className="bars">
      {STATES.map((state) => (
        <li key={state}>
          <Link to="/licenses" search={{ state }}>
            {describeState(state).label}
          </Link>
          <Bar value={states[state]} most={total} />
          <span className="count">{number.format(states[state])}</span>
        </li>
      ))}
    </ul>
  )
}

export function OverviewPage() {
  const { data, error, refetch } = useQuery(overviewQuery())
  return (
    <Page
      title="Overview"
      lead={
        data && (
          <>
            As of <Timestamp at={data.at} />
          </>
        )
      }
    >
      {error && (
        <ErrorMessage
          error={error}
          what={data ? 'These figures are older.' : 'The figures could not be loaded.'}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={8} label="Loading the figures" />}
      {data && <Loaded {...data} />}
    </Page>
  )
}

function Loaded(overview: Overview) {
  const { byTier, issuedPerDay, verifiesPerDay, parked } = overview
  return (
    <>
      {parked > 0 && (
        <p className="notice">
          <strong>
            {parked >= 100
              ? '100 or more purchases'
              : parked === 1
                ? '1 purchase'
                : `${parked} purchases`}
          </strong>{' '}
          {parked === 1 ? 'was' : 'were'} paid for and kept aside, because nobody can say for what.{' '}
          <Link to="/parked">Look at {parked === 1 ? 'it' : 'them'}</Link>
        </p>
      )}
      <Metrics {...overview} />
      {overview.total === 0 && (
        <EmptyState>
          There are no licenses yet. <Link to="/issue">Issue the first one</Link>, or let Stripe do
          it.
        </EmptyState>
      )}
      <div className="columns">
        <Card title="Issued per day">
          <Suspense fallback={<Skeleton rows={4} />}>
            <DayChart
              title="Licenses issued per day, in UTC"
              days={issuedPerDay.map(({ day }) => day)}
              series={[
                {
                  label: 'Issued',
                  color: '--accent',
                  values: issuedPerDay.map(({ issued }) => issued),
                },
              ]}
            />
          </Suspense>
        </Card>
        <Card title="Verifications per day">
          {verifiesPerDay ? (
            <Suspense fallback={<Skeleton rows={4} />}>
              <DayChart
                title="Verifications per day, in UTC"
                days={verifiesPerDay.map(({ day }) => day)}
                series={[
                  {
                    label: 'Good',
                    color: '--accent',
                    values: verifiesPerDay.map(({ valid }) => valid),
                  },
                  {
                    label: 'Refused',
                    color: '--bad',
                    values: verifiesPerDay.map(({ refused }) => refused),
                  },
                ]}
              />
            </Suspense>
          ) : (
            <EmptyState>
              Not counted here: verifications are counted by CloudWatch, on AWS only.
            </EmptyState>
          )}
        </Card>
        <Card title="By state">
          <StateList {...overview} />
        </Card>
        <Card title="Good licenses by tier">
          <TierBars byTier={byTier} />
        </Card>
      </div>
    </>
  )
}
