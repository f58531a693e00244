/**
 * Where a client keeps a few hundred bytes between runs. May be slow. What it throws is `STORAGE_FAILED`: that something
 * cannot be read does not mean that there is nothing.
 */
export interface Storage {
  get(name: string): string | null | undefined | Promise<string | null | undefined>
  set(name: string, value: string): void | Promise<void>
}

/** For as long as the program runs: without the lease of before, every start needs the service. */
export function memoryStorage(): Storage {
  const kept = new Map<string, string>()
  return { get: (name) => kept.get(name), set: (name, value) => void kept.set(name, value) }
}

/** The browser's own, or undefined where there is none. A page that may not use it is told so by an exception. */
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
