/**
 * Storage for a few hundred bytes, synchronous or asynchronous. An exception makes the status `STORAGE_FAILED`: a failed
 * read does not mean that nothing is stored.
 */
export interface Storage {
  get(name: string): string | null | undefined | Promise<string | null | undefined>
  set(name: string, value: string): void | Promise<void>
}

/** Creates a storage for the lifetime of the process. Each start needs the service, since no lease survives. */
export function memoryStorage(): Storage {
  const values = new Map<string, string>()
  return { get: (name) => values.get(name), set: (name, value) => void values.set(name, value) }
}

/** Returns the browser's localStorage, or undefined where there is none or where access throws. */
export function browserStorage(): Storage | undefined {
  try {
    const { localStorage } = globalThis
    return (
      localStorage && {
        get: (name) => localStorage.getItem(name),
        set: (name, value) => localStorage.setItem(name, value),
      }
    )
  } catch {
    return
  }
}
