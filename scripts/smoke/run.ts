/** npm run smoke: does a deployed service work? Asks it from outside, as its clients do, and leaves nothing behind. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { smoke } from './smoke.ts'
import { aUrl } from './url.ts'

interface Options {
  readonly url: string
  readonly token?: string
  readonly origin?: string
  readonly patience: number
}

function aCount(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number of seconds.')
}

const command = new Command('smoke')
  .description(
    'Checks a deployed service from outside. The exit code is 0 when all is well, else 1.',
  )
  .requiredOption('--url <url>', 'where it is (required)', aUrl)
  .addOption(
    new Option(
      '--token <token>',
      'an API token that may read licenses; better in the environment, where no other user of the machine sees it',
    ).env('LICENSE_AUTHORITY_TOKEN'),
  )
  .option('--origin <origin>', 'an origin whose pages are to be allowed to call it')
  .option('--patience <seconds>', 'how long to wait for one that is just starting', aCount, 30)
  .parse()

const { patience, ...options } = command.opts<Options>()
const isWell = await smoke({ ...options, patienceMs: patience * 1000 }, console.log)
console.log(isWell ? 'All is well.' : 'Something is wrong: see the lines with FAIL.')
process.exitCode = isWell ? 0 : 1
