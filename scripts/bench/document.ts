import type { Machine } from './machine.ts'
import type { Part } from './part.ts'

/** What came of a part, and where and when. */
export interface Measured extends Machine {
  /** ISO 8601. */
  readonly at: string
  readonly isShort: boolean
  readonly result: unknown
}

/** docs/performance.md: every figure of it is from what was measured. */
export function toDocument(
  parts: readonly Part[],
  measured: Readonly<Record<string, Measured>>,
): string {
  const told = parts.flatMap((part) => {
    const one = measured[part.name]
    return one ? [`## ${part.title}\n\n${part.tell(one.result)}\n\n${where(one)}`] : []
  })
  return `# Speed and price, measured

Written by \`npm run bench\`; nothing in it is typed by hand. Machines differ and are busy with other things: what is compared
was measured on one machine in turns, and what counts are ratios. Nothing was measured on AWS. \`npm run bench -- --help\`
says how to measure a part of it again.

${told.join('\n\n')}
`
}

const where = ({ at, machine, system, versions, isShort }: Measured) =>
  `*${isShort ? 'A short run: ' : ''}${at.slice(0, 16).replace('T', ' ')} UTC, ${machine}, ${system}; ${Object.entries(
    versions,
  )
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.*`
