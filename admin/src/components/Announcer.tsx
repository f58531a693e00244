/** Says aloud what was done, for whoever looks elsewhere or does not look at all. */

import { useSyncExternalStore } from 'react'

const SHOWN_MS = 6000

let said = { text: '', number: 0 }
let ending: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

function become(text: string) {
  said = { text, number: said.number + 1 }
  for (const listener of listeners) listener()
}

export function announce(text: string) {
  clearTimeout(ending)
  become(text)
  ending = setTimeout(() => become(''), SHOWN_MS)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Announcer() {
  const { text, number } = useSyncExternalStore(subscribe, () => said)
  return (
    <div role="status" aria-live="polite" className="announcer">
      {text !== '' && (
        <p key={number} className="toast">
          {text}
        </p>
      )}
    </div>
  )
}
