import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { LicenseDetail } from '../../api/answers.ts'
import { licenseQuery } from '../../api/queries.ts'
import { StateBadge } from '../../parts/Badge.tsx'
import { Copied } from '../../parts/Copied.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Card, Nothing, Page } from '../../parts/Page.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { Skeleton } from '../../parts/Skeleton.tsx'
import { causesOf, type Why, whyOf } from '../../words/verdict.ts'
import { Actions } from './Actions.tsx'
import { Facts } from './Facts.tsx'
import { Mails } from './Mails.tsx'
import { Timeline } from './Timeline.tsx'

export function LicensePage() {
  const { id } = useParams({ from: '/licenses/$id' })
  const { data, error, refetch } = useQuery(licenseQuery(id))
  const title = data ? (data.userEmail ?? data.userId ?? 'License of nobody yet') : 'License'
  return (
    <Page title={title} lead={<Copied text={id} what="the id of the license" />}>
      {error && (
        <Problem
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
      <Actions key={license.id} license={license} />
      <div className="columns">
        <Facts {...license} />
        <div className="stack">
          <Card title={`Devices (${activeDevices.length} of ${license.seats})`}>
            {activeDevices.length === 0 ? (
              <Nothing>It is not used on any device now.</Nothing>
            ) : (
              <ul className="lines">
                {activeDevices.map(({ key, name, hint, activatedAt }) => (
                  <li key={key}>
                    <strong>{name ?? 'Without a name'}</strong>{' '}
                    {hint !== '' && <code title="The end of the id it gave itself">…{hint}</code>}
                    <br />
                    Activated <Moment at={activatedAt} />
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Mails license={license} />
          {earlierKeys.length > 0 && (
            <Card title="Earlier keys">
              <ul className="lines">
                {earlierKeys.map(({ issuedAt, until }) => (
                  <li key={issuedAt}>
                    Made <Moment at={issuedAt} />, {until < Date.now() ? 'was good' : 'is good'}{' '}
                    until <Moment at={until} />
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

const DECIDES: Record<Why['cause'], string> = {
  person: 'A person decided.',
  'card networks': 'The card networks decide.',
  payment: 'The payment decides.',
  extension: 'An extension decides.',
}

function Verdict(license: LicenseDetail) {
  const { verdict, trial } = license
  const { cause, text } = whyOf(license)
  return (
    <section className={`verdict ${verdict.valid ? 'is-good' : 'is-bad'}`} aria-label="Verdict">
      <h2>
        {verdict.valid ? 'Good' : 'Refused'} <code>{verdict.code}</code>{' '}
        <StateBadge state={verdict.state} trial={trial} />
      </h2>
      <p className="why">{text}</p>
      <p className="hint">{DECIDES[cause]} The worst of these counts:</p>
      <dl className="causes">
        {causesOf(license).map(({ name, says }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
