/**
 * license-authority: operates a License Authority from the command line.
 *
 * Exit codes: 0 success; 1 rejected or failed (also an invalid key, rejected rows, a failed check, something left to do);
 * 2 incorrect usage; 3 service unreachable or failed.
 */

import { Command, CommanderError, Option } from 'commander'
import { CliError } from './client.ts'
import { addLicenseCommands } from './licenses.ts'
import { addOperations } from './operations.ts'
import { type GlobalOptions, LOCAL_URL, parseUrl } from './options.ts'

const program: Command = new Command('license-authority')
  .description('Issues, verifies and manages licenses, and operates deployments.')
  .addOption(
    new Option('--url <url>', 'the service')
      .env('LICENSE_AUTHORITY_URL')
      .default(LOCAL_URL)
      .argParser(parseUrl),
  )
  .addOption(
    new Option(
      '--token <token>',
      'an API token; prefer the environment variable, which other users of the machine cannot see',
    ).env('LICENSE_AUTHORITY_TOKEN'),
  )
  .option('--json', 'prints JSON')
  .exitOverride()
  .showHelpAfterError('(see --help)')

addLicenseCommands(program)
addOperations(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof CliError) {
    const { code, message, exitCode } = error
    const { json } = program.opts<GlobalOptions>()
    console.error(json ? JSON.stringify({ code, error: message }) : `error: ${code} ${message}`)
    process.exitCode = exitCode
  } else {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
