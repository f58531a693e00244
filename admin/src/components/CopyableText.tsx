import type { ReactNode } from 'react'
import { announce } from './Announcer.tsx'
import { Button } from './Button.tsx'

interface CopyableTextProps {
  readonly text: string
  /** Names the text, as in "license key". */
  readonly name: string
}

export function CopyableText({ text, name }: CopyableTextProps) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      announce(`Copied the ${name}`)
    } catch {
      announce(`Your browser blocked copying. Select the ${name} and copy it manually.`)
    }
  }
  return (
    <span className="row">
      <code>{text}</code>
      <Button variant="quiet" label={`Copy ${name}`} onPress={() => void copy()}>
        Copy
      </Button>
    </span>
  )
}

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
