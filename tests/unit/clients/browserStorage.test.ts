import { afterEach, expect, it } from '@jest/globals'
import { browserStorage } from '../../../clients/typescript/src/storage.ts'

const define = (descriptor: PropertyDescriptor) =>
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...descriptor })

const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
afterEach(() => {
  if (before) Object.defineProperty(globalThis, 'localStorage', before)
  else Reflect.deleteProperty(globalThis, 'localStorage')
})

it('reads and writes the localStorage of the page', async () => {
  const items = new Map<string, string>()
  define({
    value: {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => items.set(name, value),
    },
  })
  const storage = browserStorage()
  expect(await storage?.get('license')).toBeNull()
  await storage?.set('license', 'kept')
  expect(await storage?.get('license')).toBe('kept')
  expect([...items]).toEqual([['license', 'kept']])
})

it('is undefined where there is no localStorage', () => {
  define({ value: undefined })
  expect(browserStorage()).toBeUndefined()
})

it('is undefined where the browser denies it', () => {
  define({
    get() {
      throw new DOMException('denied', 'SecurityError')
    },
  })
  expect(browserStorage()).toBeUndefined()
})
