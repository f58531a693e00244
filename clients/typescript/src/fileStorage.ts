import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Storage } from './storage.ts'

/** Pending writes by file. Writes to one file run one after the other, since each rewrites all of it. */
const pendingWrites = new Map<string, Promise<unknown>>()

/**
 * Creates a storage in a file, for Node and Electron's main process. Writes are atomic: a crash leaves the previous
 * content.
 */
export function fileStorage(path: string): Storage {
  const file = resolve(path)

  async function read(): Promise<Record<string, string>> {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      // Any other error must not look like an empty file.
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
      const done = (pendingWrites.get(file) ?? Promise.resolve())
        .catch(() => {})
        .then(() => write(name, value))
      pendingWrites.set(file, done)
      return done
    },
  }
}
