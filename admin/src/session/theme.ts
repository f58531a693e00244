/** Light, dark, or as the machine has it. The choice is kept in this browser, and nothing else is. */

import { storage } from './storage.ts'

const NAME = 'license-authority-theme'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function storedTheme(): Theme {
  const kept = storage('localStorage')?.getItem(NAME)
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

export function applyTheme(theme: Theme = storedTheme()) {
  if (theme === 'system') {
    storage('localStorage')?.removeItem(NAME)
    delete document.documentElement.dataset['theme']
  } else {
    storage('localStorage')?.setItem(NAME, theme)
    document.documentElement.dataset['theme'] = theme
  }
  dispatchEvent(new Event('themechange'))
}
