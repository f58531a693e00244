import { useRef, useState } from 'react'
import type { LicenseDetail } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Secret } from '../../components/CopyableText.tsx'
import { ActionDialog } from './ActionDialog.tsx'
import { LICENSE_ACTIONS, type LicenseAction } from './actions.ts'

export function ActionBar({ license }: { license: LicenseDetail }) {
  const [action, setAction] = useState<LicenseAction>()
  const [key, setKey] = useState<string>()
  const section = useRef<HTMLElement>(null)

  /** Keeps the focus nearby: a closed dialog returns it a frame later, unless its button is gone. */
  const keepFocus = () =>
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) section.current?.focus()
      }),
    )
  return (
    <section aria-label="Actions" ref={section} tabIndex={-1}>
      <div className="row">
        {LICENSE_ACTIONS.filter(({ isAvailable }) => isAvailable?.(license) ?? true).map((item) => (
          <Button
            key={item.name}
            variant={item.isDangerous ? 'danger' : 'secondary'}
            onPress={() => setAction(item)}
          >
            {item.label}
          </Button>
        ))}
      </div>
      {key !== undefined && (
        <Secret text={key} name="license key" onHide={() => setKey(undefined)}>
          <strong>License key.</strong> Anyone with this key can use the license.
        </Secret>
      )}
      {action && (
        <ActionDialog
          action={action}
          license={license}
          onDone={(result) => {
            setAction(undefined)
            setKey(result.license)
            keepFocus()
          }}
          onClose={() => setAction(undefined)}
        />
      )}
    </section>
  )
}
