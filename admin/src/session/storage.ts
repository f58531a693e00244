/**
 * What the browser keeps for this page; nothing, where it is told to keep nothing. Then even looking for it fails, and
 * the page does without.
 */
export function storage(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[kind]
  } catch {
    return undefined
  }
}
