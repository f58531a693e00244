import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../api/queries.ts'
import { stripeUrl } from '../labels/stripe.ts'

/** An id of Stripe, leading to its dashboard if it is one. */
export function StripeLink({ id, children }: { id: string; children?: string }) {
  const { data: session } = useQuery(sessionQuery())
  const href = session && stripeUrl(id, session.livemode)
  if (!href) return <code>{children ?? id}</code>
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      <code>{children ?? id}</code>
      <span className="visually-hidden"> at Stripe, in another tab</span>
    </a>
  )
}
