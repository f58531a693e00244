import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { CopyableText } from './CopyableText.tsx'

interface SecretProps {
  readonly text: string
  readonly name: string
  readonly onHide?: () => void
  /** Says how to handle the secret. */
  readonly children: ReactNode
}

/** A license key or an API token, highlighted. */
export function Secret({ text, name, onHide, children }: SecretProps) {
  return (
    <div className="secret" role="status">
      <p>{children}</p>
      <CopyableText text={text} name={name} />{' '}
      {onHide && <Button onPress={onHide}>Hide {name}</Button>}
    </div>
  )
}
