import type { Storage } from './storage.ts'

/** Data that the client stores between runs. */
export interface State {
  license?: string
  deviceId?: string
  /** Last signed response about the license. A lease if the license was valid. */
  token?: string
  /** Set while the lease in `token` is on the revocation list. */
  isRevoked?: true
  endorsements?: readonly string[]
  /** Issue time of the last response, by the clock of the service. Seconds since the epoch. */
  issuedAt?: number
  /** Latest time seen, to detect a clock that was set back. Milliseconds since the epoch. */
  latestTime?: number
  /** Number of the newest revocation list seen. */
  listNumber?: number
}

/** Reads and writes the state of a client under one name of a storage. */
export function createStateStore(storage: Storage, name: string) {
  /** @throws whatever the storage throws: a failed read does not mean that nothing is stored. */
  async function load(): Promise<State> {
    const text = await storage.get(name)
    try {
      const state: unknown = JSON.parse(text ?? '')
      return typeof state === 'object' && !Array.isArray(state) ? { ...state } : {}
    } catch {
      return {}
    }
  }

  /**
   * Stores the state, unless another window stored another license or a newer response meanwhile.
   *
   * @param license the license that was stored when `state` was loaded
   * @returns false if the storage failed
   */
  async function save(state: State, license: string | undefined): Promise<boolean> {
    try {
      const stored = await load()
      const isOlder = (stored.issuedAt ?? 0) > (state.issuedAt ?? 0)
      if (stored.license === license && !isOlder) await storage.set(name, JSON.stringify(state))
      return true
    } catch {
      return false
    }
  }

  return { load, save }
}
