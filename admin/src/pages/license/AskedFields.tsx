import { useQuery } from '@tanstack/react-query'
import type { LicenseDetail } from '../../api/answers.ts'
import { catalogQuery } from '../../api/queries.ts'
import { Check, Choice, Field } from '../../parts/Fields.tsx'
import type { Asks, Filled } from './deeds.ts'

interface AskedFieldsProps {
  readonly asks: Asks | undefined
  readonly license: LicenseDetail
  readonly filled: Filled
  readonly onChange: (changes: Partial<Filled>) => void
}

const MOST_DAYS = 36_500
const MOST_SEATS = 100_000
/** A year. */
const MOST_HOURS = 8760

/** What one deed asks for besides a reason. */
export function AskedFields({ asks, license, filled, onChange }: AskedFieldsProps) {
  switch (asks) {
    case undefined:
      return null
    case 'clearRisk':
      return license.facts.risk === 'clear' ? null : (
        <Check
          label={`Also forget what the card networks said (${license.facts.risk})`}
          isSelected={filled.clearRisk}
          onChange={(clearRisk) => onChange({ clearRisk })}
        />
      )
    case 'extend':
      return <Extension filled={filled} onChange={onChange} />
    case 'tier':
      return <TierFields filled={filled} onChange={onChange} />
    case 'owner':
      return (
        <>
          <Field
            label="User"
            value={filled.userId}
            onChange={(userId) => onChange({ userId })}
            maxLength={256}
            isRequired={license.userId !== null}
          />
          <Field
            label="E-mail address"
            type="email"
            value={filled.userEmail}
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
          max={MOST_HOURS}
          step="any"
          value={filled.overlapHours}
          onChange={(overlapHours) => onChange({ overlapHours })}
          isRequired
          hint="0 ends it at once."
        />
      )
  }
}

type Some = Pick<AskedFieldsProps, 'filled' | 'onChange'>

function Extension({ filled, onChange }: Some) {
  return (
    <>
      <Choice
        label="Extend"
        value={filled.extendBy}
        onChange={(value) => onChange({ extendBy: value === 'until' ? 'until' : 'days' })}
        options={[
          { value: 'days', label: 'by days from its end' },
          { value: 'until', label: 'until the end of a day, in UTC' },
        ]}
      />
      {filled.extendBy === 'days' ? (
        <Field
          label="Days"
          type="number"
          min={1}
          max={MOST_DAYS}
          step={1}
          value={filled.days}
          onChange={(days) => onChange({ days })}
          isRequired
        />
      ) : (
        <Field
          label="Last day"
          type="date"
          value={filled.until}
          onChange={(until) => onChange({ until })}
          isRequired
        />
      )}
    </>
  )
}

function TierFields({ filled, onChange }: Some) {
  const { data: catalog } = useQuery(catalogQuery())
  const tiers = catalog?.tiers ?? []
  const chosen = tiers.find(({ name }) => name === filled.tier)
  const isKnown = chosen !== undefined
  return (
    <>
      <Choice
        label="Tier"
        value={filled.tier}
        onChange={(tier) => onChange({ tier })}
        options={[
          ...(isKnown ? [] : [{ value: filled.tier, label: filled.tier }]),
          ...tiers.map(({ name, label }) => ({ value: name, label })),
        ]}
      />
      <Field
        label="Seats"
        type="number"
        min={1}
        max={MOST_SEATS}
        step={1}
        value={filled.seats}
        onChange={(seats) => onChange({ seats })}
        hint={chosen ? `Empty takes those of the tier, which are ${chosen.seats}.` : undefined}
      />
    </>
  )
}
