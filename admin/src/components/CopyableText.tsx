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
    <span className="copyable">
      <code>{text}</code>
      <Button variant="quiet" label={`Copy ${name}`} onPress={() => void copy()}>
        Copy
      </Button>
    </span>
  )
}
