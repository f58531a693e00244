/**
 * license-authority: runs a deployment from the command line.
 *
 * Exit codes: 0 success; 1 refused or failed (also an invalid key, rejected rows, a failed check, something left to do);
 * 2 incorrect usage; 3 service unreachable or failed.
 */

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { SCOPES } from '../../lib/access/token.ts'
import { STATES } from '../../lib/license/index.ts'
import { type Client, createClient, Failure, type Json } from './client.ts'
import { addOperations } from './operations.ts'
import { day, printJson, printLicense, printLicenses, printTable, textOf } from './print.ts'
import { exportLicenses, importFile } from './transfer.ts'

const LOCAL = 'http://localhost:8000'

interface Global {
  readonly url: string
  readonly token?: string
  readonly json?: true
}

function parseUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new InvalidArgumentError('It must be a URL.')
}

function parseFile(text: string): string {
  if (existsSync(text)) return text
  throw new InvalidArgumentError('It does not exist.')
}

const program: Command = new Command('license-authority')
  .description('Issues, verifies and manages the licenses of a License Authority.')
  .addOption(
    new Option('--url <url>', 'where it is')
      .env('LICENSE_AUTHORITY_URL')
      .default(LOCAL)
      .argParser(parseUrl),
  )
  .addOption(
    new Option(
      '--token <token>',
      'its API token; better in the environment, where no other user of the machine sees it',
    ).env('LICENSE_AUTHORITY_TOKEN'),
  )
  .option('--json', 'answers as JSON, for scripts')
  .exitOverride()
  .showHelpAfterError('(see --help)')

const options = () => program.opts<Global>()

/** What npm start runs has a token that everybody knows. */
const client = (): Client => {
  const { url, token } = options()
  return createClient(url, token ?? (url === LOCAL ? 'dev_admin_token' : undefined))
}

/** Prints an answer for a script, or as a person wants it. */
function show<T extends Json>(answer: T, forPeople: (answer: T) => void) {
  if (options().json) printJson(answer)
  else forPeople(answer)
}

const PATH = '/api/admin/licenses'
const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`

function aCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number from 1 on.')
}

function aNumber(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

program
  .command('issue')
  .description('issues a license and shows its key')
  .requiredOption('--user <id>', 'your id of the customer')
  .requiredOption('--tier <tier>', 'what it unlocks')
  .option('--email <address>', 'the address of the customer')
  .option('--days <days>', 'for how long; -1 for life (default: as the tier says)', aNumber)
  .option('--payment <id>', 'what it was paid with; the same one gets the same license')
  .option('--idempotency-key <key>', 'for a day, the same one gets the same license')
  .action(async ({ user, tier, email, days, payment, idempotencyKey = randomUUID() }) => {
    const answer = await client().post(
      '/api/generate',
      {
        userId: user,
        tier,
        ...(email !== undefined && { userEmail: email }),
        ...(days !== undefined && { duration: days }),
        ...(payment !== undefined && { paymentIntentId: payment }),
      },
      { headers: { 'idempotency-key': idempotencyKey }, repeatable: true },
    )
    show(answer, ({ license }) => console.log(license))
  })

program
  .command('verify')
  .description('says whether a key is good; the exit code says so too')
  .argument('<key>')
  .action(async (license: string) => {
    const answer = await client().post(
      '/api/verify',
      { license },
      { also: [401], repeatable: true },
    )
    show(answer, ({ code, tier, userId, state, expiresAt, error }) =>
      console.log(
        answer['valid'] === true
          ? `${code}: ${tier} of ${textOf(userId ?? 'nobody yet')}, ${state} until ${day(expiresAt)}`
          : `${code}: ${error}`,
      ),
    )
    if (answer['valid'] !== true) process.exitCode = 1
  })

program
  .command('list')
  .description('lists licenses, newest first')
  .option('--search <text>', 'the beginning of an address or a user id, or a whole id')
  .option('--user <id>')
  .option('--email <address>')
  .option('--tier <tier>')
  .addOption(new Option('--state <state>').choices(STATES))
  .option('--customer <id>', "Stripe's id of the customer")
  .option('--subscription <id>', "Stripe's id of the subscription")
  .option('--device <id>', 'a device that they were ever activated for')
  .option('--expiring-before <day>', 'those that are good and will not be then, soonest first')
  .option('--limit <number>', 'how many at the most', aCount, 50)
  .option('--all', 'all of them')
  .action(async ({ limit, all, ...query }) => {
    const items: Json[] = []
    const most = all ? Number.POSITIVE_INFINITY : limit
    let cursor: string | undefined
    do {
      const page = await client().get(PATH, {
        ...query,
        limit: `${Math.max(1, Math.min(100, most - items.length))}`,
        cursor,
      })
      items.push(...(page['items'] as Json[]))
      cursor = page['cursor'] as string | undefined
    } while (cursor !== undefined && items.length < most)
    if (options().json) printJson(items)
    else printLicenses(items)
  })

program
  .command('show')
  .description('shows a license, what it is judged by, and what happened to it')
  .argument('<id>')
  .action(async (id: string) => show(await client().get(pathOf(id)), printLicense))

program
  .command('at')
  .description('shows what a license was or will be at some time')
  .argument('<id>')
  .argument('<time>', 'like 2026-12-31 or 2026-12-31T12:00:00Z')
  .action(async (id: string, time: string) => {
    const answer = await client().get(`${pathOf(id)}/at`, { time })
    show(answer, ({ code, state, tier, expiresAt }) =>
      console.log(
        state === null
          ? 'It was not issued yet.'
          : `${code}: ${tier}, ${state} until ${day(expiresAt)}`,
      ),
    )
  })

/** An action on one license, for which there has to be a reason. */
function anAction(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<id>')
    .requiredOption('--reason <text>', 'why, for the history')
}

const act = async (id: string, action: string, body: object) =>
  client().post(`${pathOf(id)}/${action}`, body)

const changed = (answer: Json) => show(answer, (license) => printLicenses([license]))
const shown = (answer: Json) => show(answer, ({ license }) => console.log(license))

for (const [name, description] of [
  ['revoke', 'revokes a license for good'],
  ['suspend', 'suspends a license'],
  ['resend', 'sends the mail with the key once more'],
  ['note', 'writes something into the history of a license'],
] as const) {
  anAction(name, description).action(async (id, { reason }) =>
    changed(await act(id, name, { reason })),
  )
}

anAction('reinstate', 'takes back a revocation or suspension')
  .option('--clear-risk', 'also what a refund or a dispute did')
  .action(async (id, { reason, clearRisk = false }) =>
    changed(await act(id, 'reinstate', { reason, clearRisk })),
  )

anAction('extend', 'lets a license go on')
  .addOption(new Option('--days <days>', 'from its end').argParser(aNumber).conflicts('until'))
  .option('--until <day>', 'to the end of a day in UTC, like 2026-12-31')
  .action(async (id, body) => changed(await act(id, 'extend', body)))

anAction('change-tier', 'changes what a license unlocks')
  .requiredOption('--tier <tier>')
  .option('--seats <number>', 'how many devices (default: as the tier says)', aNumber)
  .action(async (id, body) => changed(await act(id, 'change-tier', body)))

anAction('transfer', 'gives a license to another user or address')
  .option('--user <id>')
  .option('--email <address>')
  .action(async (id, { reason, user, email }) =>
    changed(
      await act(id, 'transfer', {
        reason,
        ...(user !== undefined && { userId: user }),
        ...(email !== undefined && { userEmail: email }),
      }),
    ),
  )

anAction('reveal', 'shows the key of a license').action(async (id, { reason }) =>
  shown(await act(id, 'reveal', { reason })),
)

anAction('reissue', 'replaces a key that leaked, and shows the new one')
  .option('--overlap-hours <hours>', 'how long the old one goes on being good', aNumber, 0)
  .action(async (id, { reason, overlapHours }) =>
    shown(await act(id, 'reissue', { reason, overlapHours })),
  )

const tokens = program.command('tokens').description('API tokens: who may call, and what for')

tokens
  .command('list')
  .description('lists them, newest first')
  .action(async () => {
    const items: Json[] = []
    let cursor: string | undefined
    do {
      const page = await client().get('/api/admin/tokens', { limit: '100', cursor })
      items.push(...(page['items'] as Json[]))
      cursor = page['cursor'] as string | undefined
    } while (cursor !== undefined)
    if (options().json) return printJson(items)
    printTable(
      ['id', 'name', 'scopes', 'made', 'used last', 'ends', 'revoked'],
      items.map(({ id, name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt }) => [
        id,
        name,
        (scopes as string[]).join(' '),
        day(createdAt),
        day(lastUsedAt),
        day(expiresAt),
        revokedAt === null ? '' : day(revokedAt),
      ]),
    )
  })

tokens
  .command('create')
  .description('makes one and shows it, this once')
  .requiredOption('--name <name>', 'who is to use it, or what for')
  .addOption(
    new Option('--scope <scopes...>', 'what it may do').choices(SCOPES).makeOptionMandatory(),
  )
  .option('--expires <day>', 'to the end of which day it is good, like 2026-12-31')
  .action(async ({ name, scope, expires }) => {
    const answer = await client().post('/api/admin/tokens', {
      name,
      scopes: scope,
      ...(expires !== undefined && { expires }),
    })
    show(answer, ({ token }) => console.log(token))
  })

tokens
  .command('revoke')
  .description('ends one at once')
  .argument('<id>')
  .action(async (id: string) => {
    const answer = await client().post(`/api/admin/tokens/${encodeURIComponent(id)}/revoke`, {})
    show(answer, ({ name }) => console.log(`${textOf(name)} is revoked.`))
  })

program
  .command('import')
  .description(
    'puts licenses on record that were sold before: a line of JSON each, with userId, tier, license and expiresAt ' +
      '(milliseconds, null for never) or duration (days); a line without license is issued. Goes on where it was stopped.',
  )
  .argument('<file>', 'the file', parseFile)
  .option('--reissue', 'a new key for whom the old one cannot be taken over; prints each')
  .action(async (file: string, { reissue = false }) => {
    if ((await importFile(client(), file, { reissue })) > 0) process.exitCode = 1
  })

program
  .command('export')
  .description('writes every license, a line of JSON each. Goes on where it was stopped.')
  .argument('[file]', 'where to (default: the standard output)')
  .option('--keys <reason>', 'with their keys, and why, for the history of each')
  .action((file: string | undefined, { keys }) => exportLicenses(client(), file, keys))

addOperations(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof Failure) {
    const { code, message, exitCode } = error
    console.error(
      options().json ? JSON.stringify({ code, error: message }) : `error: ${code} ${message}`,
    )
    process.exitCode = exitCode
  } else {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
