import { globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const BEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }

const FORMS = [
  ['.br', (bytes: Buffer) => brotliCompressSync(bytes, BEST)],
  ['.gz', (bytes: Buffer) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION })],
] as const

/** Texts; pictures and fonts are compressed as they are. */
const COMPRESSED = '**/*.{css,html,ico,js,json,svg,txt}'

/** Puts next to each text the forms in which it is sent, where they are smaller: the gateway compresses nothing. */
export function compress(directory: string): void {
  for (const name of globSync(COMPRESSED, { cwd: directory })) {
    const file = path.join(directory, name)
    const bytes = readFileSync(file)
    for (const [ending, toForm] of FORMS) {
      const form = toForm(bytes)
      if (form.length < bytes.length) writeFileSync(`${file}${ending}`, form)
    }
  }
}
