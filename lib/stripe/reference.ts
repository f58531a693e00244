/** Stripe objects that belong to one purchase, in the order in which they are preferred as its name. */
export const KINDS = ['sub', 'pi', 'cs', 'in', 'ch'] as const

export interface Reference {
  readonly kind: (typeof KINDS)[number]
  readonly id: string
}

/** True for objects that can be a purchase. Invoices and charges always belong to one. */
export const isPurchaseKind = ({ kind }: Reference) => kind !== 'in' && kind !== 'ch'

/** Returns the key under which a purchase claims its license, such as `pi:pi_1`. */
export const purchaseKey = ({ kind, id }: Reference) => `${kind}:${id}`

/** Returns the object that an id names. Unless it names a Checkout session or a subscription, it is taken for a payment. */
export function toReference(id: string): Reference {
  const kind = (['cs', 'sub'] as const).find((known) => id.startsWith(`${known}_`)) ?? 'pi'
  return { kind, id }
}
