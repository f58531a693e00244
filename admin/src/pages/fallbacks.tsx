import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Button } from '../components/Button.tsx'
import { Page, Skeleton } from '../components/Page.tsx'

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <p>
        Go to the <Link to="/">overview</Link> or <Link to="/licenses">licenses</Link>.
      </p>
    </Page>
  )
}

/** Shown also after a deployment, when an open panel cannot load chunks of the earlier build. */
export function ErrorPage(_: ErrorComponentProps) {
  return (
    <Page title="This page could not be displayed">
      <div role="alert" className="error">
        <p>A new version of the panel may have been deployed. Reload the page.</p>
        <Button onPress={() => location.reload()}>Reload</Button>
      </div>
    </Page>
  )
}

export function LoadingPage() {
  return <Skeleton rows={6} label="Loading the page" />
}
