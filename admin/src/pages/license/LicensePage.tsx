import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { licenseQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { StatusBadge } from '../../components/Badge.tsx'
import { CopyableText } from '../../components/CopyableText.tsx'
import { DescriptionList } from '../../components/DescriptionList.tsx'
import { Card, EmptyState, Page } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { describeState } from '../../labels/states.ts'
import { explainVerdict, listCauses } from '../../labels/verdict.ts'
import { ActionBar } from './ActionBar.tsx'
import { Details } from './Details.tsx'
import { Emails } from './Emails.tsx'
import { Timeline } from './Timeline.tsx'

export function LicensePage() {
  const { id } = useParams({ from: '/licenses/$id' })
  const license = useQuery(licenseQuery(id))
  const { data } = license
  const title = data ? (data.userEmail ?? data.userId ?? 'Unassigned license') : 'License'
  return (
    <Page title={title} subtitle={<CopyableText text={id} name="license ID" />}>
      <QueryStatus query={license} name="the license" rows={8} />
      {data && <Loaded {...data} />}
    </Page>
  )
}

function Loaded(license: LicenseDetail) {
  return (
    <div className="stack">
      <Verdict {...license} />
      <ActionBar key={license.id} license={license} />
      <div className="columns">
        <Details license={license} />
        <div className="stack">
          <Devices {...license} />
          <Emails license={license} />
          {license.earlierKeys.length > 0 && <PreviousKeys {...license} />}
        </div>
      </div>
      <Timeline license={license} />
    </div>
  )
}

const DECISIVE_CAUSES = {
  admin: 'an admin',
  risk: 'a refund or dispute',
  payment: 'the payment',
  extension: 'an extension',
}

function Verdict(license: LicenseDetail) {
  const { verdict, trial } = license
  const { cause, text } = explainVerdict(license)
  return (
    <section className={`verdict ${verdict.valid ? 'is-valid' : ''}`} aria-label="Verdict">
      <h2 className="row">
        {verdict.valid ? 'Valid' : 'Invalid'} <code>{verdict.code}</code>{' '}
        <StatusBadge status={describeState(verdict.state, trial)} />
      </h2>
      <p className="explanation">{text}</p>
      <p className="hint">Determined by {DECISIVE_CAUSES[cause]}.</p>
      <DescriptionList className="causes row" items={listCauses(license)} />
    </section>
  )
}

function Devices({ activeDevices, seats }: LicenseDetail) {
  return (
    <Card title={`Devices (${activeDevices.length} of ${seats})`}>
      {activeDevices.length === 0 && <EmptyState>No activated devices.</EmptyState>}
      <ul className="entries">
        {activeDevices.map(({ key, name, hint, activatedAt }) => (
          <li key={key}>
            <strong>{name ?? 'Unnamed device'}</strong>{' '}
            {hint !== '' && <code title="Last characters of the device ID">…{hint}</code>}
            <br />
            Activated <Timestamp at={activatedAt} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function PreviousKeys({ earlierKeys }: LicenseDetail) {
  return (
    <Card title="Previous keys">
      <ul className="entries">
        {earlierKeys.map(({ issuedAt, until }) => (
          <li key={issuedAt}>
            Created <Timestamp at={issuedAt} />, {until < Date.now() ? 'expired' : 'valid until'}{' '}
            <Timestamp at={until} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
