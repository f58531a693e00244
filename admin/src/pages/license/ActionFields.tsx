import { useQuery } from '@tanstack/react-query'
import { catalogQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { Checkbox, Field, Select, type useForm } from '../../components/Fields.tsx'
import { tierOptions } from '../../labels/tiers.ts'
import type { ActionInput, LicenseAction } from './actions.ts'

interface FormProps {
  readonly form: ReturnType<typeof useForm<ActionInput>>
}

interface ActionFieldsProps extends FormProps {
  readonly fieldSet: LicenseAction['fieldSet']
  readonly license: LicenseDetail
}

const MAX_DAYS = 36_500
const MAX_SEATS = 100_000
/** One year. */
const MAX_HOURS = 8760

/** The fields of an action, other than the reason. */
export function ActionFields({ fieldSet, license, form }: ActionFieldsProps) {
  const { bind } = form
  const clearRisk = bind('clearRisk')
  switch (fieldSet) {
    case undefined:
      return null
    case 'clearRisk':
      return license.facts.risk === 'clear' ? null : (
        <Checkbox
          label={`Also clear the refund or dispute (${license.facts.risk})`}
          isSelected={clearRisk.value}
          onChange={clearRisk.onChange}
        />
      )
    case 'extend':
      return <ExtensionFields form={form} />
    case 'tier':
      return <TierFields form={form} />
    case 'owner':
      return (
        <>
          <Field
            label="User ID"
            {...bind('userId')}
            maxLength={256}
            isRequired={license.userId !== null}
          />
          <Field
            label="Email"
            type="email"
            {...bind('userEmail')}
            maxLength={256}
            hint="Emails and key recovery use this address. Leave empty to remove it."
          />
        </>
      )
    case 'overlap':
      return (
        <Field
          label="Overlap in hours"
          type="number"
          min={0}
          max={MAX_HOURS}
          step="any"
          {...bind('overlapHours')}
          isRequired
          hint="The current key stays valid for this long. Enter 0 to invalidate it immediately."
        />
      )
  }
}

function ExtensionFields({ form: { values, bind } }: FormProps) {
  return (
    <>
      <Select
        label="Extend"
        {...bind('extendBy')}
        options={[
          { value: 'days', label: 'By a number of days' },
          { value: 'until', label: 'Until a date (UTC)' },
        ]}
      />
      {values.extendBy === 'days' ? (
        <Field
          label="Days"
          type="number"
          min={1}
          max={MAX_DAYS}
          step={1}
          {...bind('days')}
          isRequired
          hint="Added to the current expiry date."
        />
      ) : (
        <Field
          label="Expires on"
          type="date"
          {...bind('until')}
          isRequired
          hint="The license expires at the end of this day."
        />
      )}
    </>
  )
}

function TierFields({ form: { values, bind } }: FormProps) {
  const { data: catalog } = useQuery(catalogQuery())
  const selected = catalog?.tiers.find(({ name }) => name === values.tier)
  return (
    <>
      <Select label="Tier" {...bind('tier')} options={tierOptions(catalog?.tiers, values.tier)} />
      <Field
        label="Seats"
        type="number"
        min={1}
        max={MAX_SEATS}
        step={1}
        {...bind('seats')}
        hint={selected && `Leave empty for the default of the tier (${selected.seats}).`}
      />
    </>
  )
}
