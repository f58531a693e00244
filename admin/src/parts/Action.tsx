import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'

interface ActionProps {
  readonly children: ReactNode
  readonly onPress?: () => void
  readonly kind?: 'plain' | 'main' | 'danger' | 'quiet'
  readonly type?: 'button' | 'submit'
  readonly isPending?: boolean
  readonly isDisabled?: boolean
  readonly label?: string
}

/** A button. While what it began runs, it says so and cannot be pressed again. */
export function Action({
  children,
  onPress,
  kind = 'plain',
  type = 'button',
  isPending = false,
  isDisabled = false,
  label,
}: ActionProps) {
  return (
    <Button
      className={`button button-${kind}`}
      type={type}
      isDisabled={isDisabled}
      isPending={isPending}
      aria-label={label}
      onPress={onPress}
    >
      {isPending ? 'Working …' : children}
    </Button>
  )
}
