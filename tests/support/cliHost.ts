/** Runs one CLI command per message in one process, since starting Node takes longer than a command. */

import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../scripts/cli/main.ts', import.meta.url))

export interface CliRequest {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface CliResult {
  readonly out: string
  readonly err: string
  readonly code: number
}

/** Captures the output to a stream. The returned function restores the stream and returns the text. */
function capture(stream: NodeJS.WriteStream): () => string {
  const { write } = stream
  let text = ''
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += chunk
    const done = rest.at(-1)
    if (typeof done === 'function') done()
    return true
  }
  return () => {
    stream.write = write
    return text
  }
}

let runs = 0

async function run({ args, env }: CliRequest): Promise<CliResult> {
  process.argv = [process.execPath, MAIN, ...args]
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  process.exitCode = undefined
  const [out, err] = [capture(process.stdout), capture(process.stderr)]
  // A new query string makes Node evaluate the module again.
  await import(`${MAIN}?run=${++runs}`)
  return { out: out().trim(), err: err().trim(), code: Number(process.exitCode ?? 0) }
}

let last: Promise<unknown> = Promise.resolve()
process.on('message', (request: CliRequest) => {
  last = last.then(async () => process.send?.(await run(request)))
})
