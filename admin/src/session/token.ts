/**
 * The API token of whoever signed in. It stands in memory and in this tab's session storage, which ends with the tab;
 * never in a URL, a log or local storage.
 */

import { useSyncExternalStore } from 'react'
import { storage } from './storage.ts'

const NAME = 'license-authority-token'

interface Session {
  readonly token: string | undefined
  /** Why nobody is signed in any more. */
  readonly why: string | undefined
}

const kept = storage('sessionStorage')
let session: Session = { token: kept?.getItem(NAME) ?? undefined, why: undefined }
const listeners = new Set<() => void>()

function become(next: Session) {
  session = next
  for (const listener of listeners) listener()
}

export const currentToken = () => session.token

export function signIn(token: string) {
  kept?.setItem(NAME, token)
  become({ token, why: undefined })
}

/** @param why a sentence for the page that asks for a token; none when it was wished */
export function signOut(why?: string) {
  kept?.removeItem(NAME)
  become({ token: undefined, why })
}

/** Calls back whenever somebody signed in or out. Answers what ends that. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useToken = () => useSyncExternalStore(onTokenChange, () => session)
