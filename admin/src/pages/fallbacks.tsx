import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Action } from '../parts/Action.tsx'
import { Page } from '../parts/Page.tsx'
import { Skeleton } from '../parts/Skeleton.tsx'

export function MissingPage() {
  return (
    <Page title="There is no such page">
      <p>
        Go to the <Link to="/">overview</Link> or to the <Link to="/licenses">licenses</Link>.
      </p>
    </Page>
  )
}

/** A part of the panel that was deployed anew cannot be loaded by a page from before. */
export function BrokenPage(_: ErrorComponentProps) {
  return (
    <Page title="This page could not be shown">
      <div role="alert" className="problem">
        <p>The panel may have been renewed since you opened it. Load it again.</p>
        <Action onPress={() => location.reload()}>Load again</Action>
      </div>
    </Page>
  )
}

export function WaitingPage() {
  return <Skeleton rows={6} label="Loading the page" />
}
