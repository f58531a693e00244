/** Returns undefined where the browser blocks storage: then even reading `window[kind]` throws. */
export function storage(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[kind]
  } catch {
    return undefined
  }
}
