/** What is typed or chosen, each with its label, a hint and what is wrong with it. */

import { type ReactNode, useId } from 'react'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextArea } from 'react-aria-components/TextArea'
import { TextField } from 'react-aria-components/TextField'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly name?: string
  readonly hint?: ReactNode
  /** What is wrong with it. */
  readonly fault?: string
  readonly isRequired?: boolean
  readonly isMultiline?: boolean
  readonly rows?: number
  readonly type?: 'text' | 'password' | 'email' | 'number' | 'date' | 'search'
  readonly maxLength?: number
  readonly min?: number | string
  readonly max?: number | string
  readonly step?: number | string
  readonly autoFocus?: boolean
  readonly placeholder?: string
}

export function Field({
  label,
  value,
  onChange,
  name,
  hint,
  fault,
  isRequired = false,
  isMultiline = false,
  rows = 3,
  type = 'text',
  maxLength,
  min,
  max,
  step,
  autoFocus = false,
  placeholder,
}: FieldProps) {
  return (
    <TextField
      className="field"
      name={name}
      value={value}
      onChange={onChange}
      isRequired={isRequired}
      isInvalid={fault !== undefined}
      validationBehavior={fault === undefined ? 'native' : 'aria'}
      maxLength={maxLength}
      type={isMultiline ? undefined : type}
      autoFocus={autoFocus}
      autoComplete="off"
    >
      <Label>
        {label}
        {!isRequired && <span className="optional"> (optional)</span>}
      </Label>
      {isMultiline ? (
        <TextArea rows={rows} spellCheck={false} placeholder={placeholder} />
      ) : (
        <Input
          spellCheck={false}
          min={min}
          max={max}
          step={step}
          placeholder={placeholder}
          data-1p-ignore
        />
      )}
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="fault">{fault}</FieldError>
    </TextField>
  )
}

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly isDisabled?: boolean
  readonly hint?: string
}

/** The browser's own list to choose from: it is at home on every phone and with every screen reader. */
export function Select({ label, value, onChange, options, isDisabled, hint }: SelectProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={isDisabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ target }) => onChange(target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
    </div>
  )
}

interface CheckboxProps {
  readonly label: ReactNode
  readonly isSelected: boolean
  readonly onChange: (isSelected: boolean) => void
  readonly isDisabled?: boolean
}

export function Checkbox({ label, isSelected, onChange, isDisabled = false }: CheckboxProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isSelected}
        disabled={isDisabled}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}
