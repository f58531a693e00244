/**
 * The API token of the signed-in user. It is kept in memory and in the session storage of this tab, which the browser
 * deletes with the tab; never in a URL, a log or local storage.
 */

import { useSyncExternalStore } from 'react'
import { storage } from './storage.ts'

const KEY = 'license-authority-token'

interface Session {
  readonly token: string | undefined
  /** Shown on the sign-in page after an involuntary sign-out. */
  readonly notice: string | undefined
}

const stored = storage('sessionStorage')
let session: Session = { token: stored?.getItem(KEY) ?? undefined, notice: undefined }
const listeners = new Set<() => void>()

function setSession(next: Session) {
  session = next
  for (const listener of listeners) listener()
}

export const currentToken = () => session.token

export function signIn(token: string) {
  stored?.setItem(KEY, token)
  setSession({ token, notice: undefined })
}

/** @param notice the reason, unless the user asked to sign out */
export function signOut(notice?: string) {
  stored?.removeItem(KEY)
  setSession({ token: undefined, notice })
}

/** Calls the listener after every sign-in and sign-out. Returns a function that unsubscribes it. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useSession = () => useSyncExternalStore(onTokenChange, () => session)
