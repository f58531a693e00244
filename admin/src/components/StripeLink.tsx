import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../api/queries.ts'
import { stripeUrl } from '../labels/stripe.ts'

/** A Stripe ID that links to the Stripe Dashboard. Other IDs are shown as text. */
export function StripeLink({ id }: { id: string }) {
  const { data: session } = useQuery(sessionQuery())
  const href = session && stripeUrl(id, session.livemode)
  if (!href) return <code>{id}</code>
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      <code>{id}</code>
      <span className="visually-hidden"> in the Stripe Dashboard, opens in a new tab</span>
    </a>
  )
}
