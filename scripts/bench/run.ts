/** npm run bench: measures the speed of the service on this machine and prints tables for docs/performance.md. */

import { Console } from 'node:console'
import { Command, Option } from 'commander'
import { buildBundles } from './bundles.ts'
import { measureColdStarts } from './coldStart.ts'
import { toGenerate } from './events.ts'
import { measureHttp } from './http.ts'
import { startStage } from './stage.ts'
import { measureUnits, startFunction } from './units.ts'
import { measureWarm } from './warm.ts'

const PARTS = ['units', 'cold-start', 'warm', 'http']

const { only, short = false } = new Command('npm run bench --')
  .description('Measures the speed of the service on this machine.')
  .addOption(new Option('--only <parts...>', 'the parts to measure').choices(PARTS).default(PARTS))
  .option('--short', 'few runs, to try it out')
  .parse()
  .opts<{ only: readonly string[]; short?: true }>()

// The functions log to stdout, which is discarded.
const output = new Console(process.stderr)
process.stdout.write = () => true

const seconds = short ? 1 : 10
const stage = await startStage()
const bundles = await buildBundles(stage.service)

/** Issues the license that the other parts verify. */
async function issueLicense(): Promise<string> {
  const lambda = await startFunction(stage, bundles, 'generate')
  const { body } = (await lambda.invoke(toGenerate('bench'))) as { body: string }
  await lambda.stop()
  return JSON.parse(body).license
}

try {
  const license = await issueLicense()
  const measurements: Record<string, () => Promise<readonly object[]>> = {
    units: async () =>
      (await measureUnits(stage, bundles)).map(({ operations, ...row }) => ({
        ...row,
        operations: operations.join(', '),
      })),
    'cold-start': () => measureColdStarts(stage, bundles, { license, rounds: short ? 2 : 15 }),
    warm: () => measureWarm(stage, bundles, { license, seconds }),
    http: () => measureHttp(stage, { license, seconds }),
  }
  for (const part of only) {
    const rows = await measurements[part]?.()
    output.log(part)
    output.table(rows)
  }
} finally {
  await bundles.remove()
  await stage.stop()
}
// Functions that ran in this process keep connections open.
process.exit()
