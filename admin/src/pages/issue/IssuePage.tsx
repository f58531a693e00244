import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import { catalogQuery } from '../../api/queries.ts'
import type { TierName } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field, Select } from '../../components/Fields.tsx'
import { Page } from '../../components/Page.tsx'
import { IssuedLicense } from './IssuedLicense.tsx'

const MAX_DAYS = 36_500
const LIFETIME = -1

const EMPTY = {
  userId: '',
  userEmail: '',
  tier: '',
  length: 'tier',
  days: '30',
  paymentIntentId: '',
}
type Form = typeof EMPTY

function bodyOf({ userId, userEmail, tier, length, days, paymentIntentId }: Form) {
  return {
    userId,
    tier: tier as TierName,
    ...(userEmail.trim() !== '' && { userEmail: userEmail.trim() }),
    ...(length !== 'tier' && { duration: length === 'life' ? LIFETIME : Number(days) }),
    ...(paymentIntentId.trim() !== '' && { paymentIntentId: paymentIntentId.trim() }),
  }
}

/**
 * One key for the same fields, as long as the form is open: whatever was sent twice, after a failure or by a second
 * press, is issued once.
 */
function newIdempotencyKeys() {
  const keys = new Map<string, string>()
  return (body: object): string => {
    const asked = JSON.stringify(body)
    const key = keys.get(asked) ?? crypto.randomUUID()
    keys.set(asked, key)
    return key
  }
}

export function IssuePage() {
  const { payment, email } = useSearch({ from: '/issue' })
  const [round, setRound] = useState(0)
  return (
    <Page title="Issue a license" lead="For a customer whom no payment of Stripe tells of.">
      <IssueForm
        key={round}
        first={{ ...EMPTY, paymentIntentId: payment ?? '', userEmail: email ?? '' }}
        onAgain={() => setRound(round + 1)}
      />
    </Page>
  )
}

function IssueForm({ first, onAgain }: { first: Form; onAgain: () => void }) {
  const [form, setForm] = useState(first)
  const [keyFor] = useState(newIdempotencyKeys)
  const catalog = useQuery(catalogQuery())
  const client = useQueryClient()
  const tiers = catalog.data?.tiers ?? []
  const tier = form.tier || tiers[0]?.name || ''
  const issuing = useMutation({
    mutationFn: (body: ReturnType<typeof bodyOf>) =>
      dataOf(api.POST('/api/generate', { body, headers: { 'idempotency-key': keyFor(body) } })),
    onSuccess({ userId }) {
      announce(`Issued a license to ${userId}`)
      void client.invalidateQueries({ queryKey: ['licenses'] })
      void client.invalidateQueries({ queryKey: ['overview'] })
      void client.invalidateQueries({ queryKey: ['parked'] })
    },
  })
  const change = (changes: Partial<Form>) => setForm((own) => ({ ...own, ...changes }))
  const faultOf = (path: string) =>
    issuing.error instanceof ApiError
      ? issuing.error.details.fields?.find((fault) => fault.path === path)?.message
      : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!issuing.isPending) issuing.mutate(bodyOf({ ...form, tier }))
  }

  if (issuing.data) return <IssuedLicense answer={issuing.data} onAgain={onAgain} />
  if (catalog.error) {
    return (
      <ErrorMessage
        error={catalog.error}
        what="What is sold could not be loaded."
        onRetry={() => void catalog.refetch()}
      />
    )
  }
  return (
    <form className="card form" onSubmit={submit}>
      <Field
        label="User"
        value={form.userId}
        onChange={(userId) => change({ userId })}
        isRequired
        maxLength={256}
        hint="Your own id of the customer, exactly as your app knows it"
        fault={faultOf('userId')}
      />
      <Field
        label="E-mail address"
        type="email"
        value={form.userEmail}
        onChange={(userEmail) => change({ userEmail })}
        maxLength={256}
        hint="The key is mailed there"
        fault={faultOf('userEmail')}
      />
      <Select
        label="Tier"
        value={tier}
        onChange={(chosen) => change({ tier: chosen })}
        options={tiers.map(({ name, label }) => ({ value: name, label }))}
      />
      <Select
        label="Good for"
        value={form.length}
        onChange={(length) => change({ length })}
        options={[
          { value: 'tier', label: durationLabel(tiers.find(({ name }) => name === tier)) },
          { value: 'days', label: 'So many days' },
          { value: 'life', label: 'Life' },
        ]}
      />
      {form.length === 'days' && (
        <Field
          label="Days"
          type="number"
          min={1}
          max={MAX_DAYS}
          step={1}
          value={form.days}
          onChange={(days) => change({ days })}
          isRequired
          fault={faultOf('duration')}
        />
      )}
      <Field
        label="Payment"
        value={form.paymentIntentId}
        onChange={(paymentIntentId) => change({ paymentIntentId })}
        maxLength={256}
        hint="Stripe’s id of the payment, subscription or Checkout session. A payment gives one license, however often it is asked for."
        fault={faultOf('paymentIntentId')}
      />
      {issuing.error && (
        <ErrorMessage error={issuing.error} what="No license was issued, as far as is known." />
      )}
      <div className="buttons">
        <Button
          type="submit"
          variant="primary"
          isPending={issuing.isPending}
          isDisabled={tier === ''}
        >
          Issue the license
        </Button>
        <Link to="/bulk">Issue many at once</Link>
      </div>
    </form>
  )
}

function durationLabel(tier: { defaultDurationDays: number } | undefined): string {
  if (tier === undefined) return 'As long as its tier'
  const { defaultDurationDays: days } = tier
  return days === LIFETIME ? 'Life, as its tier' : `${days} days, as its tier`
}
