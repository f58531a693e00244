import { type ReactNode, useId, useState } from 'react'
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
  readonly hint?: ReactNode
  readonly error?: string
  readonly isRequired?: boolean
  /** Makes it a text area with this many rows. */
  readonly rows?: number
  readonly type?: 'text' | 'password' | 'email' | 'number' | 'date' | 'search'
  readonly maxLength?: number
  readonly min?: number
  readonly max?: number
  readonly step?: number | 'any'
  readonly autoFocus?: boolean
  readonly placeholder?: string
}

/** A text input with its label, hint and error. */
export function Field({
  label,
  value,
  onChange,
  hint,
  error,
  isRequired = false,
  rows,
  type = 'text',
  maxLength,
  autoFocus = false,
  placeholder,
  ...range
}: FieldProps) {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isRequired={isRequired}
      isInvalid={error !== undefined}
      validationBehavior={error === undefined ? 'native' : 'aria'}
      maxLength={maxLength}
      type={rows === undefined ? type : undefined}
      autoFocus={autoFocus}
      autoComplete="off"
    >
      <Label>
        {label}
        {!isRequired && <span className="optional"> (optional)</span>}
      </Label>
      {rows === undefined ? (
        <Input spellCheck={false} placeholder={placeholder} data-1p-ignore {...range} />
      ) : (
        <TextArea rows={rows} spellCheck={false} placeholder={placeholder} />
      )}
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  )
}

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly isDisabled?: boolean
}

/** A native `<select>`, which phones and screen readers support best. */
export function Select({ label, value, onChange, options, isDisabled }: SelectProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={isDisabled}
        onChange={({ target }) => onChange(target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  )
}

interface CheckboxProps {
  readonly label: ReactNode
  readonly isSelected: boolean
  readonly onChange: (isSelected: boolean) => void
}

export function Checkbox({ label, isSelected, onChange }: CheckboxProps) {
  return (
    <label className="checkbox">
      <input
        type="checkbox"
        checked={isSelected}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}

/** Holds the values of a form. `bind` returns the props that connect a field to its value. */
export function useForm<Values extends object>(initial: Values) {
  const [values, setValues] = useState(initial)
  const bind = <Name extends keyof Values>(name: Name) => ({
    value: values[name],
    onChange: (value: Values[Name]) => setValues((values) => ({ ...values, [name]: value })),
  })
  return { values, bind }
}
