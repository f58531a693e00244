import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { licenseQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { StateBadge } from '../../components/Badge.tsx'
import { CopyableText } from '../../components/CopyableText.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Card, EmptyState, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { type Explanation, explainVerdict, listCauses } from '../../labels/verdict.ts'
import { ActionBar } from './ActionBar.tsx'
import { Facts } from './Details.tsx'
import { Emails } from './Emails.tsx'
import { Timeline } from './Timeline.tsx'

export function LicensePage() {
  const { id } = useParams({ from: '/licenses/$id' })
  const { data, error, refetch } = useQuery(licenseQuery(id))
  const title = data ? (data.userEmail ?? data.userId ?? 'License of nobody yet') : 'License'
  return (
    <Page title={title} lead={<CopyableText text={id} what="the id of the license" />}>
      {error && (
        <ErrorMessage
          error={error}
          what={data ? 'What is shown is older.' : 'The license could not be loaded.'}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={8} label="Loading the license" />}
      {data && <Loaded {...data} />}
    </Page>
  )
}

function Loaded(license: LicenseDetail) {
  const { activeDevices, earlierKeys } = license
  return (
    <div className="license">
      <Verdict {...license} />
      <ActionBar key={license.id} license={license} />
      <div className="columns">
        <Facts {...license} />
        <div className="stack">
          <Card title={`Devices (${activeDevices.length} of ${license.seats})`}>
            {activeDevices.length === 0 ? (
              <EmptyState>It is not used on any device now.</EmptyState>
            ) : (
              <ul className="lines">
                {activeDevices.map(({ key, name, hint, activatedAt }) => (
                  <li key={key}>
                    <strong>{name ?? 'Without a name'}</strong>{' '}
                    {hint !== '' && <code title="The end of the id it gave itself">…{hint}</code>}
                    <br />
                    Activated <Timestamp at={activatedAt} />
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Emails license={license} />
          {earlierKeys.length > 0 && (
            <Card title="Earlier keys">
              <ul className="lines">
                {earlierKeys.map(({ issuedAt, until }) => (
                  <li key={issuedAt}>
                    Made <Timestamp at={issuedAt} />, {until < Date.now() ? 'was good' : 'is good'}{' '}
                    until <Timestamp at={until} />
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </div>
      </div>
      <Timeline license={license} />
    </div>
  )
}

const DECIDES: Record<Explanation['cause'], string> = {
  person: 'A person decided.',
  'card networks': 'The card networks decide.',
  payment: 'The payment decides.',
  extension: 'An extension decides.',
}

function Verdict(license: LicenseDetail) {
  const { verdict, trial } = license
  const { cause, text } = explainVerdict(license)
  return (
    <section className={`verdict ${verdict.valid ? 'is-good' : 'is-bad'}`} aria-label="Verdict">
      <h2>
        {verdict.valid ? 'Good' : 'Refused'} <code>{verdict.code}</code>{' '}
        <StateBadge state={verdict.state} trial={trial} />
      </h2>
      <p className="why">{text}</p>
      <p className="hint">{DECIDES[cause]} The worst of these counts:</p>
      <dl className="causes">
        {listCauses(license).map(({ name, says }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
