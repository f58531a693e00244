import { useQuery } from '@tanstack/react-query'
import { catalogQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { Checkbox, Field, Select } from '../../components/Fields.tsx'
import type { ActionInput, LicenseAction } from './actions.ts'

interface InputProps {
  readonly input: ActionInput
  readonly onChange: (changes: Partial<ActionInput>) => void
}

interface ActionFieldsProps extends InputProps {
  readonly fieldSet: LicenseAction['fieldSet']
  readonly license: LicenseDetail
}

const MAX_DAYS = 36_500
const MAX_SEATS = 100_000
/** One year. */
const MAX_HOURS = 8760

/** The fields of an action, other than the reason. */
export function ActionFields({ fieldSet, license, input, onChange }: ActionFieldsProps) {
  switch (fieldSet) {
    case undefined:
      return null
    case 'clearRisk':
      return license.facts.risk === 'clear' ? null : (
        <Checkbox
          label={`Also clear the refund or dispute (${license.facts.risk})`}
          isSelected={input.clearRisk}
          onChange={(clearRisk) => onChange({ clearRisk })}
        />
      )
    case 'extend':
      return <ExtensionFields input={input} onChange={onChange} />
    case 'tier':
      return <TierFields input={input} onChange={onChange} />
    case 'owner':
      return (
        <>
          <Field
            label="User ID"
            value={input.userId}
            onChange={(userId) => onChange({ userId })}
            maxLength={256}
            isRequired={license.userId !== null}
          />
          <Field
            label="Email"
            type="email"
            value={input.userEmail}
            onChange={(userEmail) => onChange({ userEmail })}
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
          value={input.overlapHours}
          onChange={(overlapHours) => onChange({ overlapHours })}
          isRequired
          hint="The current key stays valid for this long. Enter 0 to invalidate it immediately."
        />
      )
  }
}

function ExtensionFields({ input, onChange }: InputProps) {
  return (
    <>
      <Select
        label="Extend"
        value={input.extendBy}
        onChange={(value) => onChange({ extendBy: value === 'until' ? 'until' : 'days' })}
        options={[
          { value: 'days', label: 'By a number of days' },
          { value: 'until', label: 'Until a date (UTC)' },
        ]}
      />
      {input.extendBy === 'days' ? (
        <Field
          label="Days"
          type="number"
          min={1}
          max={MAX_DAYS}
          step={1}
          value={input.days}
          onChange={(days) => onChange({ days })}
          isRequired
          hint="Added to the current expiry date."
        />
      ) : (
        <Field
          label="Expires on"
          type="date"
          value={input.until}
          onChange={(until) => onChange({ until })}
          isRequired
          hint="The license expires at the end of this day."
        />
      )}
    </>
  )
}

function TierFields({ input, onChange }: InputProps) {
  const { data: catalog } = useQuery(catalogQuery())
  const tiers = catalog?.tiers ?? []
  const selected = tiers.find(({ name }) => name === input.tier)
  return (
    <>
      <Select
        label="Tier"
        value={input.tier}
        onChange={(tier) => onChange({ tier })}
        options={[
          ...(selected ? [] : [{ value: input.tier, label: input.tier }]),
          ...tiers.map(({ name, label }) => ({ value: name, label })),
        ]}
      />
      <Field
        label="Seats"
        type="number"
        min={1}
        max={MAX_SEATS}
        step={1}
        value={input.seats}
        onChange={(seats) => onChange({ seats })}
        hint={selected && `Leave empty for the default of the tier (${selected.seats}).`}
      />
    </>
  )
}
