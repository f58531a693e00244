/** The color theme, the only setting kept in local storage. */

import { storage } from './storage.ts'

const KEY = 'license-authority-theme'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function storedTheme(): Theme {
  const stored = storage('localStorage')?.getItem(KEY)
  return THEMES.find((theme) => theme === stored) ?? 'system'
}

export function applyTheme(theme: Theme = storedTheme()) {
  if (theme === 'system') {
    storage('localStorage')?.removeItem(KEY)
    delete document.documentElement.dataset['theme']
  } else {
    storage('localStorage')?.setItem(KEY, theme)
    document.documentElement.dataset['theme'] = theme
  }
  dispatchEvent(new Event('themechange'))
}
