import { useState } from 'react'
import type { LicenseDetail } from '../../api/answers.ts'
import { Action } from '../../parts/Action.tsx'
import { Copied } from '../../parts/Copied.tsx'
import { DeedWindow } from './DeedWindow.tsx'
import { DEEDS, type Deed } from './deeds.ts'

export function Actions({ license }: { license: LicenseDetail }) {
  const [deed, setDeed] = useState<Deed>()
  const [key, setKey] = useState<string>()
  return (
    <section aria-label="What can be done">
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
          }}
          onClose={() => setDeed(undefined)}
        />
      )}
    </section>
  )
}
