import type { Storage } from './storage.ts'

/** What is kept between runs. */
export interface Kept {
  license?: string
  deviceId?: string
  /** The last signed answer about the license: a lease when it was good. */
  answer?: string
  /** A list of revocations said that it does not count any more. */
  void?: true
  endorsements?: readonly string[]
  /** When the last answer was given, in seconds since the epoch by the service. */
  asked?: number
  /** The latest time that is known to have been, in milliseconds since the epoch. */
  time?: number
  /** The number of the newest list of revocations that was seen. */
  list?: number
}

/** What a client keeps under a name of a storage. */
export function createKeeper(storage: Storage, place: string) {
  /** @throws what the storage throws: that something cannot be read does not mean that there is nothing */
  async function load(): Promise<Kept> {
    const text = await storage.get(place)
    try {
      const kept: unknown = JSON.parse(text ?? '')
      return typeof kept === 'object' && !Array.isArray(kept) ? { ...kept } : {}
    } catch {
      return {}
    }
  }

  /** Keeps what is known, unless somebody in another window knows better. Answers whether it could. */
  async function save(kept: Kept, license: string | undefined): Promise<boolean> {
    try {
      const stored = await load()
      const isOlder = (stored.asked ?? 0) > (kept.asked ?? 0)
      if (stored.license === license && !isOlder) await storage.set(place, JSON.stringify(kept))
      return true
    } catch {
      return false
    }
  }

  return { load, save }
}
