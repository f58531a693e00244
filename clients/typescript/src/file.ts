import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Storage } from './storage.ts'

/** What is being written, by file: one after the other, so that nobody undoes what another one writes. */
const writing = new Map<string, Promise<unknown>>()

/**
 * Keeps what the client knows in a file, for Node and Electron's main process. Whoever stops in the middle of a write
 * finds what was there before.
 */
export function fileStorage(path: string): Storage {
  const file = resolve(path)

  async function read(): Promise<Record<string, string>> {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      // A file that is there and cannot be read just now is not one that holds nothing.
      if ((error as { code?: string }).code === 'ENOENT') return {}
      throw error
    }
    try {
      return Object(JSON.parse(text))
    } catch {
      return {}
    }
  }

  async function write(name: string, value: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true })
    const next = `${file}.${randomUUID()}`
    try {
      await writeFile(next, JSON.stringify({ ...(await read()), [name]: value }), { mode: 0o600 })
      await rename(next, file)
    } catch (error) {
      await rm(next, { force: true })
      throw error
    }
  }

  return {
    get: async (name) => (await read())[name],
    set(name, value) {
      const done = (writing.get(file) ?? Promise.resolve())
        .catch(() => {})
        .then(() => write(name, value))
      writing.set(file, done)
      return done
    },
  }
}
