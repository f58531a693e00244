/** Toasts, which are also announced by screen readers. */

import { useSyncExternalStore } from 'react'

const VISIBLE_MS = 6000

let toast = { text: '', number: 0 }
let hiding: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

function setText(text: string) {
  toast = { text, number: toast.number + 1 }
  for (const listener of listeners) listener()
}

export function announce(text: string) {
  clearTimeout(hiding)
  setText(text)
  hiding = setTimeout(() => setText(''), VISIBLE_MS)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Announcer() {
  const { text, number } = useSyncExternalStore(subscribe, () => toast)
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
