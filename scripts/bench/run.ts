/**
 * npm run bench: measures what the service takes, in time and money, and writes docs/performance.md and .json. What is
 * not measured this time stays as it was measured last.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { buildBundles } from './bundles.ts'
import { coldStartPart } from './coldStart.ts'
import { costPart } from './cost.ts'
import { type Measured, toDocument } from './document.ts'
import { growthPart } from './growth.ts'
import { theMachine } from './machine.ts'
import type { Part } from './part.ts'
import { soakPart } from './soak.ts'
import { startStage } from './stage.ts'
import { httpPart } from './throughput.ts'
import { unitsPart } from './unitsPart.ts'
import { warmPart } from './warm.ts'

const PARTS: readonly Part[] = [
  unitsPart,
  costPart,
  coldStartPart,
  warmPart,
  httpPart,
  growthPart,
  soakPart,
]
const NAMES = PARTS.map(({ name }) => name)

const FIGURES = new URL('../../docs/performance.json', import.meta.url)
const DOCUMENT = new URL('../../docs/performance.md', import.meta.url)

interface Options {
  readonly only: readonly string[]
  readonly short?: true
  readonly minutes: number
  readonly sizes: readonly number[]
  readonly prototype?: string
  readonly write: boolean
}

function someParts(text: string): readonly string[] {
  const names = text.split(',')
  const unknown = names.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no ${unknown}; there are ${NAMES.join(', ')}.`)
  }
  return names
}

function aNumber(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It must be a number above 0.')
}

const options = new Command('npm run bench --')
  .description('Measures what the service takes, and writes docs/performance.md and .json.')
  .option('--only <parts>', `some of ${NAMES.join(', ')}, parted by commas`, someParts, NAMES)
  .option('--short', 'few runs, to see that it works; nothing is written')
  .option('--minutes <number>', 'how long the soak lasts', aNumber, 10)
  .option(
    '--sizes <numbers>',
    'how many licenses there are, parted by commas',
    (text) => text.split(',').map(aNumber),
    [1000, 100_000, 1_000_000],
  )
  .option('--prototype <file>', 'the document that the Flask prototype is in')
  .option('--no-write', 'only print')
  .parse()
  .opts<Options>()

const say = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

/** What was measured before, by the names of the parts. */
const known = JSON.parse(await readFile(FIGURES, 'utf8').catch(() => '{}')) as Record<
  string,
  Measured
>

const isShort = options.short ?? false
const stage = await startStage()
const bundles = await buildBundles(stage.service, [
  fileURLToPath(new URL('./bareSdk.ts', import.meta.url)),
])
const bench = {
  stage,
  bundles,
  isShort,
  minutes: options.minutes,
  sizes: options.sizes,
  prototype: options.prototype,
  say,
}
const measured = { ...known }
const isWritten = options.write && !isShort
try {
  for (const { name, title, measure } of PARTS.filter((part) => options.only.includes(part.name))) {
    say(title)
    try {
      const result = await measure(bench)
      measured[name] = { ...theMachine(), at: new Date().toISOString(), isShort, result }
      // After each part: a long run that is ended keeps what it has.
      if (!isWritten) continue
      await writeFile(FIGURES, `${JSON.stringify(measured, null, 2)}\n`)
      await writeFile(DOCUMENT, toDocument(PARTS, measured))
    } catch (error) {
      // What else is measured is worth having all the same, also while older figures cannot be told any more.
      console.error(error)
      process.exitCode = 1
    }
  }
} finally {
  await bundles.remove()
  await stage.stop()
}
if (!isWritten) console.log(toDocument(PARTS, measured))
process.exit()
