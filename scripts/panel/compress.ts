import { globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }

const ENCODERS = [
  ['.br', (bytes: Buffer) => brotliCompressSync(bytes, BROTLI)],
  ['.gz', (bytes: Buffer) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION })],
] as const

/** Text formats. Images and fonts are already compressed. */
const TEXT_FILES = '**/*.{css,html,ico,js,json,svg,txt}'

/** Writes compressed copies next to text files if they are smaller, since API Gateway does not compress. */
export function compress(directory: string): void {
  for (const name of globSync(TEXT_FILES, { cwd: directory })) {
    const file = path.join(directory, name)
    const bytes = readFileSync(file)
    for (const [extension, encode] of ENCODERS) {
      const compressed = encode(bytes)
      if (compressed.length < bytes.length) writeFileSync(`${file}${extension}`, compressed)
    }
  }
}
