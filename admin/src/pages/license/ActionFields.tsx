import { useQuery } from '@tanstack/react-query'
import { catalogQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { Checkbox, Field, Select } from '../../components/Fields.tsx'
import type { ActionFieldSet, ActionInput } from './actions.ts'

interface ActionFieldsProps {
  readonly fieldSet: ActionFieldSet | undefined
  readonly license: LicenseDetail
  readonly input: ActionInput
  readonly onChange: (changes: Partial<ActionInput>) => void
}

const MAX_DAYS = 36_500
const MAX_SEATS = 100_000
/** A year. */
const MAX_HOURS = 8760

/** What one deed asks for besides a reason. */
export function ActionFields({ fieldSet, license, input, onChange }: ActionFieldsProps) {
  switch (fieldSet) {
    case undefined:
      return null
    case 'clearRisk':
      return license.facts.risk === 'clear' ? null : (
        <Checkbox
          label={`Also forget what the card networks said (${license.facts.risk})`}
          isSelected={input.clearRisk}
          onChange={(clearRisk) => onChange({ clearRisk })}
        />
      )
    case 'extend':
      return <Extension input={input} onChange={onChange} />
    case 'tier':
      return <TierFields input={input} onChange={onChange} />
    case 'owner':
      return (
        <>
          <Field
            label="User"
            value={input.userId}
            onChange={(userId) => onChange({ userId })}
            maxLength={256}
            isRequired={license.userId !== null}
          />
          <Field
            label="E-mail address"
            type="email"
            value={input.userEmail}
            onChange={(userEmail) => onChange({ userEmail })}
            maxLength={256}
            hint="Mails and recovery go there from now on. Empty is none."
          />
        </>
      )
    case 'overlap':
      return (
        <Field
          label="Hours that the old key stays good"
          type="number"
          min={0}
          max={MAX_HOURS}
          step="any"
          value={input.overlapHours}
          onChange={(overlapHours) => onChange({ overlapHours })}
          isRequired
          hint="0 ends it at once."
        />
      )
  }
}

type Some = Pick<ActionFieldsProps, 'input' | 'onChange'>

function Extension({ input, onChange }: Some) {
  return (
    <>
      <Select
        label="Extend"
        value={input.extendBy}
        onChange={(value) => onChange({ extendBy: value === 'until' ? 'until' : 'days' })}
        options={[
          { value: 'days', label: 'by days from its end' },
          { value: 'until', label: 'until the end of a day, in UTC' },
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
        />
      ) : (
        <Field
          label="Last day"
          type="date"
          value={input.until}
          onChange={(until) => onChange({ until })}
          isRequired
        />
      )}
    </>
  )
}

function TierFields({ input, onChange }: Some) {
  const { data: catalog } = useQuery(catalogQuery())
  const tiers = catalog?.tiers ?? []
  const chosen = tiers.find(({ name }) => name === input.tier)
  const isKnown = chosen !== undefined
  return (
    <>
      <Select
        label="Tier"
        value={input.tier}
        onChange={(tier) => onChange({ tier })}
        options={[
          ...(isKnown ? [] : [{ value: input.tier, label: input.tier }]),
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
        hint={chosen ? `Empty takes those of the tier, which are ${chosen.seats}.` : undefined}
      />
    </>
  )
}
