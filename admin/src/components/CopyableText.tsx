import { announce } from './Announcer.tsx'
import { Button } from './Button.tsx'

interface CopyableTextProps {
  readonly text: string
  /** What it is, as in "Copy the key". */
  readonly what: string
}

/** A text to be taken elsewhere, with a button that does. */
export function CopyableText({ text, what }: CopyableTextProps) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      announce(`Copied ${what}`)
    } catch {
      announce(`The browser does not let this page copy: mark ${what} and copy it yourself`)
    }
  }
  return (
    <span className="copied">
      <code>{text}</code>
      <Button variant="quiet" label={`Copy ${what}`} onPress={() => void copy()}>
        Copy
      </Button>
    </span>
  )
}
