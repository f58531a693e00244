/**
 * Yields the lines of a file. Only a line feed ends a line: JSON may contain the other characters that end lines for
 * `node:readline`, such as U+2028.
 *
 * @param decoder decodes UTF-8; with `fatal` it throws a TypeError for other bytes
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  decoder = new TextDecoder(),
): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
