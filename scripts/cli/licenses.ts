/** The commands that call the API. */

import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import { SCOPES } from '../../lib/access/token.ts'
import { STATES } from '../../lib/license/index.ts'
import { createClient, type Json } from './client.ts'
import { type GlobalOptions, LOCAL_URL, parseCount, parseFile, parseInteger } from './options.ts'
import {
  formatTime,
  printJson,
  printLicense,
  printLicenses,
  printTable,
  sanitize,
} from './print.ts'
import { exportLicenses, importFile } from './transfer.ts'

const LICENSES = '/api/admin/licenses'
const TOKENS = '/api/admin/tokens'
const PAGE = 100

/** Escapes the id, which a caller may have chosen: it must not name another route. */
const pathTo = (id: string) => `${LICENSES}/${encodeURIComponent(id)}`

const withoutUndefined = (values: object) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

export function addLicenseCommands(program: Command): void {
  const options = () => program.opts<GlobalOptions>()

  function client() {
    const { url, token } = options()
    // `npm start` has a token that is public.
    return createClient(url, token ?? (url === LOCAL_URL ? 'dev_admin_token' : undefined))
  }

  /** Prints a result as JSON with `--json`, and formatted otherwise. */
  function show<T>(result: T, print: (result: T) => void) {
    if (options().json) printJson(result)
    else print(result)
  }

  /** Reads pages until it has `limit` items. */
  async function list(path: string, query: object, limit: number): Promise<readonly Json[]> {
    const items: Json[] = []
    let cursor: string | undefined
    do {
      const page = await client().get(path, {
        ...query,
        limit: `${Math.max(1, Math.min(PAGE, limit - items.length))}`,
        cursor,
      })
      items.push(...(page['items'] as Json[]))
      cursor = page['cursor'] as string | undefined
    } while (cursor !== undefined && items.length < limit)
    return items
  }

  program
    .command('issue')
    .description('issues a license and prints its key')
    .requiredOption('--user <id>', 'your id of the customer')
    .requiredOption('--tier <tier>', 'the tier')
    .option('--email <address>', 'the email address of the customer')
    .option('--days <days>', 'the duration; -1 for a lifetime (default: of the tier)', parseInteger)
    .option('--payment <id>', 'the payment; repeating it returns the same license')
    .option('--idempotency-key <key>', 'repeating it within a day returns the same license')
    .action(async ({ user, tier, email, days, payment, idempotencyKey = randomUUID() }) => {
      const order = {
        userId: user,
        tier,
        userEmail: email,
        duration: days,
        paymentIntentId: payment,
      }
      const issued = await client().post('/api/generate', withoutUndefined(order), {
        headers: { 'idempotency-key': idempotencyKey },
        isIdempotent: true,
      })
      show(issued, ({ license }) => console.log(license))
    })

  program
    .command('verify')
    .description('verifies a key; exits with 1 if it is invalid')
    .argument('<key>')
    .action(async (license: string) => {
      const verdict = await client().post(
        '/api/verify',
        { license },
        { accepted: [401], isIdempotent: true },
      )
      const isValid = verdict['valid'] === true
      show(verdict, ({ code, tier, userId, state, expiresAt, error }) =>
        console.log(
          isValid
            ? `${code}: ${tier} of ${sanitize(userId ?? 'no user yet')}, ${state} until ${formatTime(expiresAt)}`
            : `${code}: ${error}`,
        ),
      )
      if (!isValid) process.exitCode = 1
    })

  program
    .command('list')
    .description('lists licenses, newest first')
    .option('--search <text>', 'the start of an email address or user id, or a whole id')
    .option('--user <id>', 'your id of the customer')
    .option('--email <address>', 'the email address of the customer')
    .option('--tier <tier>', 'the tier')
    .addOption(new Option('--state <state>', 'the state').choices(STATES))
    .option('--customer <id>', 'the customer at Stripe')
    .option('--subscription <id>', 'the subscription at Stripe')
    .option('--device <id>', 'a device that was ever activated')
    .option('--expiring-before <day>', 'valid licenses that expire before the day, soonest first')
    .option('--limit <number>', 'the maximum number of licenses', parseCount, 50)
    .option('--all', 'ignores --limit')
    .action(async ({ limit, all, ...query }) =>
      show(await list(LICENSES, query, all ? Number.POSITIVE_INFINITY : limit), printLicenses),
    )

  program
    .command('show')
    .description('shows a license with its verdict and history')
    .argument('<id>')
    .action(async (id: string) => show(await client().get(pathTo(id)), printLicense))

  program
    .command('at')
    .description('shows the state of a license at a time in the past or future')
    .argument('<id>')
    .argument('<time>', 'like 2026-12-31 or 2026-12-31T12:00:00Z')
    .action(async (id: string, time: string) =>
      show(await client().get(`${pathTo(id)}/at`, { time }), ({ code, state, tier, expiresAt }) =>
        console.log(
          state === null
            ? 'The license was not issued yet.'
            : `${code}: ${tier}, ${state} until ${formatTime(expiresAt)}`,
        ),
      ),
    )

  /** Adds an action on one license, which requires a reason. */
  const addAction = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<id>')
      .requiredOption('--reason <text>', 'the reason, which the history records')

  const act = (id: string, action: string, body: object) =>
    client().post(`${pathTo(id)}/${action}`, withoutUndefined(body))
  const showLicense = (license: Json) => show(license, (changed) => printLicenses([changed]))
  const showKey = (revealed: Json) => show(revealed, ({ license }) => console.log(license))

  for (const [name, description] of [
    ['revoke', 'revokes a license permanently'],
    ['suspend', 'suspends a license'],
    ['resend', 'sends the email with the key again'],
    ['note', 'adds a note to the history of a license'],
  ] as const) {
    addAction(name, description).action(async (id, { reason }) =>
      showLicense(await act(id, name, { reason })),
    )
  }

  addAction('reinstate', 'undoes a revocation or suspension')
    .option('--clear-risk', 'also undoes the effect of a refund or dispute')
    .action(async (id, { reason, clearRisk = false }) =>
      showLicense(await act(id, 'reinstate', { reason, clearRisk })),
    )

  addAction('extend', 'extends a license')
    .addOption(
      new Option('--days <days>', 'days after its expiry')
        .argParser(parseInteger)
        .conflicts('until'),
    )
    .option('--until <day>', 'its last day in UTC, like 2026-12-31')
    .action(async (id, body) => showLicense(await act(id, 'extend', body)))

  addAction('change-tier', 'changes the tier of a license')
    .requiredOption('--tier <tier>', 'the new tier')
    .option('--seats <number>', 'the number of devices (default: of the tier)', parseInteger)
    .action(async (id, body) => showLicense(await act(id, 'change-tier', body)))

  addAction('transfer', 'assigns a license to another user or email address')
    .option('--user <id>', 'your id of the customer')
    .option('--email <address>', 'the email address of the customer')
    .action(async (id, { reason, user, email }) =>
      showLicense(await act(id, 'transfer', { reason, userId: user, userEmail: email })),
    )

  addAction('reveal', 'prints the key of a license').action(async (id, { reason }) =>
    showKey(await act(id, 'reveal', { reason })),
  )

  addAction('reissue', 'replaces a leaked key and prints the new one')
    .option('--overlap-hours <hours>', 'hours for which the old key stays valid', parseInteger, 0)
    .action(async (id, { reason, overlapHours }) =>
      showKey(await act(id, 'reissue', { reason, overlapHours })),
    )

  const tokens = program.command('tokens').description('manages API tokens')

  tokens
    .command('list')
    .description('lists API tokens, newest first')
    .action(async () =>
      show(await list(TOKENS, {}, Number.POSITIVE_INFINITY), (items) =>
        printTable(
          ['id', 'name', 'scopes', 'created', 'last used', 'expires', 'revoked'],
          items.map(({ id, name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt }) => [
            id,
            name,
            (scopes as string[]).join(' '),
            formatTime(createdAt),
            formatTime(lastUsedAt),
            formatTime(expiresAt),
            revokedAt === null ? '' : formatTime(revokedAt),
          ]),
        ),
      ),
    )

  tokens
    .command('create')
    .description('creates an API token and prints it, this once')
    .requiredOption('--name <name>', 'its user or purpose')
    .addOption(
      new Option('--scope <scopes...>', 'its permissions').choices(SCOPES).makeOptionMandatory(),
    )
    .option('--expires <day>', 'its last day, like 2026-12-31')
    .action(async ({ name, scope, expires }) => {
      const body = withoutUndefined({ name, scopes: scope, expires })
      show(await client().post(TOKENS, body), ({ token }) => console.log(token))
    })

  tokens
    .command('revoke')
    .description('revokes an API token at once')
    .argument('<id>')
    .action(async (id: string) => {
      const revoked = await client().post(`${TOKENS}/${encodeURIComponent(id)}/revoke`, {})
      show(revoked, ({ name }) => console.log(`${sanitize(name)} is revoked.`))
    })

  program
    .command('import')
    .summary('imports licenses that were sold elsewhere')
    .description(
      'Imports licenses that were sold elsewhere. Each line of the file is a JSON object with userId, tier, license and ' +
        'expiresAt (milliseconds, null for never) or duration (days). Lines without license are issued. An interrupted ' +
        'import continues where it stopped.',
    )
    .argument('<file>', 'the file', parseFile)
    .option('--reissue', 'issues and prints a new key where the old one cannot be imported')
    .action(async (file: string, { reissue = false }) => {
      if ((await importFile(client(), file, { reissue })) > 0) process.exitCode = 1
    })

  program
    .command('export')
    .summary('writes all licenses as lines of JSON')
    .description(
      'Writes all licenses, one line of JSON each. An interrupted export to a file continues where it stopped.',
    )
    .argument('[file]', 'the new file (default: stdout)')
    .option('--keys <reason>', 'includes the keys; the history of each license records the reason')
    .action((file: string | undefined, { keys }) => exportLicenses(client(), file, keys))
}
