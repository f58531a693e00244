import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'

interface ButtonProps {
  readonly children: ReactNode
  readonly onPress?: () => void
  readonly variant?: 'secondary' | 'primary' | 'danger' | 'quiet'
  readonly type?: 'button' | 'submit'
  readonly isPending?: boolean
  readonly isDisabled?: boolean
  /** Replaces the children for screen readers. */
  readonly label?: string
}

export function Button({
  children,
  variant = 'secondary',
  isPending = false,
  label,
  ...rest
}: ButtonProps) {
  return (
    <AriaButton
      className={`button button-${variant}`}
      isPending={isPending}
      aria-label={label}
      {...rest}
    >
      {isPending ? 'Working…' : children}
    </AriaButton>
  )
}
