import { useRef, useState } from 'react'
import type { LicenseDetail } from '../../api/answers.ts'
import { Action } from '../../parts/Action.tsx'
import { Copied } from '../../parts/Copied.tsx'
import { DeedWindow } from './DeedWindow.tsx'
import { DEEDS, type Deed } from './deeds.ts'

export function Actions({ license }: { license: LicenseDetail }) {
  const [deed, setDeed] = useState<Deed>()
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
        {DEEDS.filter(({ isFor }) => isFor?.(license) ?? true).map((possible) => (
          <Action
            key={possible.name}
            kind={possible.kind ?? 'plain'}
            onPress={() => setDeed(possible)}
          >
            {possible.label}
          </Action>
        ))}
      </div>
      {key !== undefined && (
        <div className="key-shown" role="status">
          <p>
            <strong>The key of this license.</strong> Whoever has it can use it.
          </p>
          <Copied text={key} what="the key" />{' '}
          <Action onPress={() => setKey(undefined)}>Hide the key</Action>
        </div>
      )}
      {deed && (
        <DeedWindow
          deed={deed}
          license={license}
          onDone={({ license: shown }) => {
            setDeed(undefined)
            setKey(shown)
            keepFocus()
          }}
          onClose={() => setDeed(undefined)}
        />
      )}
    </section>
  )
}
