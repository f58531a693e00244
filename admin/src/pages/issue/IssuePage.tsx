import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import { catalogQuery } from '../../api/queries.ts'
import { invalidateLists } from '../../api/queryClient.ts'
import type { TierName } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field, Select, useForm } from '../../components/Fields.tsx'
import { Page } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'
import { tierOptions } from '../../labels/tiers.ts'
import { IssuedLicense } from './IssuedLicense.tsx'

const MAX_DAYS = 36_500
const LIFETIME = -1

const EMPTY = {
  userId: '',
  userEmail: '',
  tier: '',
  duration: 'tier',
  days: '30',
  paymentIntentId: '',
}
type Form = typeof EMPTY

function toBody({ userId, userEmail, tier, duration, days, paymentIntentId }: Form) {
  return {
    userId,
    tier: tier as TierName,
    ...(userEmail.trim() !== '' && { userEmail: userEmail.trim() }),
    ...(duration !== 'tier' && { duration: duration === 'lifetime' ? LIFETIME : Number(days) }),
    ...(paymentIntentId.trim() !== '' && { paymentIntentId: paymentIntentId.trim() }),
  }
}

/** Returns the same idempotency key for equal bodies, so that a retry issues no second license. */
function createIdempotencyKeys() {
  const keys = new Map<string, string>()
  return (body: object): string => {
    const json = JSON.stringify(body)
    const key = keys.get(json) ?? crypto.randomUUID()
    keys.set(json, key)
    return key
  }
}

export function IssuePage() {
  const { payment, email } = useSearch({ from: '/issue' })
  const [formKey, setFormKey] = useState(0)
  return (
    <Page title="Issue license" subtitle="Create a license without a Stripe payment.">
      <IssueForm
        key={formKey}
        initial={{ ...EMPTY, paymentIntentId: payment ?? '', userEmail: email ?? '' }}
        onReset={() => setFormKey(formKey + 1)}
      />
    </Page>
  )
}

function IssueForm({ initial, onReset }: { initial: Form; onReset: () => void }) {
  const { values, bind } = useForm(initial)
  const [idempotencyKeyFor] = useState(createIdempotencyKeys)
  const catalog = useQuery(catalogQuery())
  const tiers = catalog.data?.tiers ?? []
  const tier = values.tier || tiers[0]?.name || ''
  const issuing = useMutation({
    mutationFn: (body: ReturnType<typeof toBody>) => {
      const headers = { 'idempotency-key': idempotencyKeyFor(body) }
      return dataOf(api.POST('/api/generate', { body, headers }))
    },
    onSuccess({ userId }) {
      announce(`Issued a license to ${userId}`)
      void invalidateLists()
    },
  })
  const errorOf = (path: string) =>
    issuing.error instanceof ApiError
      ? issuing.error.details.fields?.find((field) => field.path === path)?.message
      : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!issuing.isPending) issuing.mutate(toBody({ ...values, tier }))
  }

  if (issuing.data) return <IssuedLicense response={issuing.data} onReset={onReset} />
  if (catalog.error) return <QueryStatus query={catalog} name="the catalog" />
  return (
    <form className="card form stack" onSubmit={submit}>
      <Field
        label="User ID"
        {...bind('userId')}
        isRequired
        maxLength={256}
        hint="The ID of the customer in your app."
        error={errorOf('userId')}
      />
      <Field
        label="Email"
        type="email"
        {...bind('userEmail')}
        maxLength={256}
        hint="The license key is sent to this address."
        error={errorOf('userEmail')}
      />
      <Select label="Tier" {...bind('tier')} value={tier} options={tierOptions(tiers)} />
      <Select
        label="Duration"
        {...bind('duration')}
        options={[
          { value: 'tier', label: durationLabel(tiers.find(({ name }) => name === tier)) },
          { value: 'days', label: 'Number of days' },
          { value: 'lifetime', label: 'Lifetime' },
        ]}
      />
      {values.duration === 'days' && (
        <Field
          label="Days"
          type="number"
          min={1}
          max={MAX_DAYS}
          step={1}
          {...bind('days')}
          isRequired
          error={errorOf('duration')}
        />
      )}
      <Field
        label="Payment"
        {...bind('paymentIntentId')}
        maxLength={256}
        hint="The Stripe ID of a payment, subscription or Checkout session. Each payment creates exactly one license."
        error={errorOf('paymentIntentId')}
      />
      {issuing.error && (
        <ErrorMessage error={issuing.error} title="The license could not be issued." />
      )}
      <div className="row">
        <Button type="submit" variant="primary" isPending={issuing.isPending} isDisabled={!tier}>
          Issue license
        </Button>
        <Link to="/bulk">Issue licenses in bulk</Link>
      </div>
    </form>
  )
}

function durationLabel(tier: { defaultDurationDays: number } | undefined): string {
  if (tier === undefined) return 'Default of the tier'
  const { defaultDurationDays: days } = tier
  return `Default of the tier (${days === LIFETIME ? 'lifetime' : `${days} days`})`
}
