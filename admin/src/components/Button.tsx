import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'

interface ButtonProps {
  readonly children: ReactNode
  readonly onPress?: () => void
  readonly variant?: 'secondary' | 'primary' | 'danger' | 'quiet'
  readonly type?: 'button' | 'submit'
  readonly isPending?: boolean
  readonly isDisabled?: boolean
  readonly label?: string
}

/** A button. While what it began runs, it says so and cannot be pressed again. */
export function Button({
  children,
  onPress,
  variant = 'secondary',
  type = 'button',
  isPending = false,
  isDisabled = false,
  label,
}: ButtonProps) {
  return (
    <AriaButton
      className={`button button-${variant}`}
      type={type}
      isDisabled={isDisabled}
      isPending={isPending}
      aria-label={label}
      onPress={onPress}
    >
      {isPending ? 'Working …' : children}
    </AriaButton>
  )
}
