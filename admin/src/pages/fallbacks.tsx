import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Button } from '../components/Button.tsx'
import { Page } from '../components/Page.tsx'
import { Skeleton } from '../components/Skeleton.tsx'

export function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <p>
        Go to the <Link to="/">overview</Link> or to the <Link to="/licenses">licenses</Link>.
      </p>
    </Page>
  )
}

/** A part of the panel that was deployed anew cannot be loaded by a page from before. */
export function ErrorPage(_: ErrorComponentProps) {
  return (
    <Page title="This page could not be shown">
      <div role="alert" className="problem">
        <p>The panel may have been renewed since you opened it. Load it again.</p>
        <Button onPress={() => location.reload()}>Load again</Button>
      </div>
    </Page>
  )
}

export function LoadingPage() {
  return <Skeleton rows={6} label="Loading the page" />
}
