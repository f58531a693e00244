import { useRef, useState } from 'react'
import type { LicenseDetail } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { CopyableText } from '../../components/CopyableText.tsx'
import { ActionDialog } from './ActionDialog.tsx'
import { LICENSE_ACTIONS, type LicenseAction } from './actions.ts'

export function ActionBar({ license }: { license: LicenseDetail }) {
  const [action, setAction] = useState<LicenseAction>()
  const [key, setKey] = useState<string>()
  const section = useRef<HTMLElement>(null)

  /** The window gives the focus back a frame after it is gone, if what it came from is still there. */
  const keepFocus = () =>
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) section.current?.focus()
      }),
    )
  return (
    <section aria-label="What can be done" ref={section} tabIndex={-1}>
      <div className="actions">
        {LICENSE_ACTIONS.filter(({ isAvailable }) => isAvailable?.(license) ?? true).map(
          (possible) => (
            <Button
              key={possible.name}
              variant={possible.kind ?? 'secondary'}
              onPress={() => setAction(possible)}
            >
              {possible.label}
            </Button>
          ),
        )}
      </div>
      {key !== undefined && (
        <div className="key-shown" role="status">
          <p>
            <strong>The key of this license.</strong> Whoever has it can use it.
          </p>
          <CopyableText text={key} what="the key" />{' '}
          <Button onPress={() => setKey(undefined)}>Hide the key</Button>
        </div>
      )}
      {action && (
        <ActionDialog
          action={action}
          license={license}
          onDone={({ license: shown }) => {
            setAction(undefined)
            setKey(shown)
            keepFocus()
          }}
          onClose={() => setAction(undefined)}
        />
      )}
    </section>
  )
}
