import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Storage } from './storage.ts'

/**
 * Keeps what the client knows in a file, for Node and Electron's main process. Whoever stops in the middle of a write
 * finds what was there before.
 */
export function fileStorage(path: string): Storage {
  const read = async (): Promise<Record<string, string>> => {
    try {
      return JSON.parse(await readFile(path, 'utf8'))
    } catch {
      return {}
    }
  }
  return {
    get: async (name) => (await read())[name],
    async set(name, value) {
      await mkdir(dirname(path), { recursive: true })
      const next = `${path}.${process.pid}`
      await writeFile(next, JSON.stringify({ ...(await read()), [name]: value }), { mode: 0o600 })
      await rename(next, path)
    },
  }
}
