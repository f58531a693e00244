/**
 * npm run stripe:send: signs events as Stripe does, posts them to a License Authority, and shows what each of them
 * did and what the license is then.
 */

import { randomBytes } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import Stripe from 'stripe'
import type { StripeEvent } from './objects.ts'
import { VERSIONS, type Version } from './objects.ts'
import { aPlayer, type Cast, SCENARIOS, type ScenarioName, scenario } from './scenarios.ts'
import { SINGLES } from './single.ts'

interface Options {
  readonly scenario?: ScenarioName
  readonly shuffle?: true
  readonly purchase: string
  readonly user: string | false
  readonly email: string
  readonly tier: string
  readonly nextTier: string
  readonly subscription?: true
  readonly month: number
  readonly set: readonly (readonly [string, unknown])[]
  readonly stripeVersion: Version
  readonly url: string
  readonly secret: string
  readonly token: string
}

const DAY_SECONDS = 24 * 60 * 60

/** `status=past_due`, `items.data.0.quantity=3`: the value is JSON if it can be, otherwise a text. */
function aSetting(text: string, before: Options['set']): Options['set'] {
  const [, path, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (path === undefined) throw new InvalidArgumentError('It must be <path>=<value>.')
  try {
    return [...before, [path, JSON.parse(value)]]
  } catch {
    return [...before, [path, value]]
  }
}

function aMonth(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number from 0 on.')
}

function aPurchase(text: string): string {
  if (/^\w{1,60}$/.test(text)) return text
  throw new InvalidArgumentError('It must be letters, digits and _, at most 60.')
}

const command: Command = new Command('npm run stripe:send --')
  .description('Signs events as Stripe does and posts them, for trying out what they do.')
  .argument('[type]', 'the type of the event, such as checkout.session.completed')
  .addOption(
    new Option('--scenario <name>', 'all events of a story, instead of one').choices(SCENARIOS),
  )
  .option('--shuffle', 'the events of the story in any order, and some of them twice')
  .option(
    '--purchase <name>',
    'which purchase it is about, as part of every id',
    aPurchase,
    randomBytes(4).toString('hex'),
  )
  .option('--user <id>', 'the user whom your server named', 'user_123')
  .option('--no-user', 'your server named nobody')
  .option('--email <address>', "the buyer's address", 'user@example.com')
  .option('--tier <tier>', 'the tier that was bought', 'pro')
  .option('--next-tier <tier>', 'the tier after a change of plan, in a story', 'elite')
  .option('--subscription', 'what was bought is a subscription, where the type does not say so')
  .option('--month <number>', 'which month of the subscription, from 0', aMonth, 0)
  .option(
    '--set <path=value>',
    "another value in the event's object, as in --set status=past_due; may be repeated",
    aSetting,
    [],
  )
  .addOption(
    new Option('--stripe-version <version>', 'the API version whose shapes are sent')
      .choices(VERSIONS)
      .default('2026-10-28.endive'),
  )
  .option('--url <url>', 'where the License Authority is', 'http://localhost:8000')
  .option('--secret <secret>', 'the signing secret of its webhook', 'whsec_dev')
  .option('--token <token>', 'its API token, to ask for the key', 'dev_admin_token')
  .addHelpText(
    'after',
    `\nTypes:\n  ${Object.keys(SINGLES).join('\n  ')}\n\nExample:\n` +
      '  npm run stripe:send -- checkout.session.completed --tier pro --user user_123\n' +
      '  npm run stripe:send -- --scenario life',
  )
  .parse()

const options = command.opts<Options>()
const [type] = command.args
if ((type === undefined) === (options.scenario === undefined)) {
  command.error('error: name either the type of an event or a --scenario (see --help)')
}

const now = Math.floor(Date.now() / 1000)
const by: Cast = {
  name: options.purchase,
  user: options.user === false ? null : options.user,
  email: options.email,
  tier: options.tier,
  nextTier: options.nextTier,
  version: options.stripeVersion,
  // The events of one purchase are sent one by one on the same day: its months must be the same each time.
  start: options.scenario ? now : now - (now % DAY_SECONDS),
}

function theEvent(name: string): StripeEvent {
  const make = Object.hasOwn(SINGLES, name) ? SINGLES[name] : undefined
  if (!make) command.error(`error: there is no event of the type ${name} here (see --help)`)
  const { month, subscription = false, set } = options
  const event = make(aPlayer(by), { at: now - by.start, month, subscribed: subscription })
  const changed = structuredClone({ ...event, id: `evt_${randomBytes(8).toString('hex')}` })
  for (const [path, value] of set) setAt(changed.data.object, path.split('.'), value)
  return changed
}

function setAt(object: object, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  const inner: unknown = Reflect.get(object, name)
  if (rest.length > 0 && (typeof inner !== 'object' || inner === null)) {
    command.error(`error: the event's object has no ${name} to set anything in`)
  }
  if (rest.length > 0) setAt(inner as object, rest, value)
  else Reflect.set(object, name, value)
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function post(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${options.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  }).catch((cause: Error) => {
    command.error(`error: ${options.url} does not answer (${cause.message}): is npm start running?`)
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: { error: text } }
  }
}

async function send(event: StripeEvent): Promise<void> {
  const payload = JSON.stringify(event)
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: options.secret })
  const { status, body } = await post('/webhooks/stripe', payload, {
    'stripe-signature': signature,
  })
  if (status !== 200) process.exitCode = 1
  const { licenseId } = body
  if (typeof licenseId === 'string') await learnKey(licenseId)
  const parts = [event.type.padEnd(TYPE_WIDTH), effectOf(status, body).padEnd(EFFECT_WIDTH)]
  console.log(`  ${[...parts, await stateOf()].join('  ').trimEnd()}`)
}

const TYPE_WIDTH = 40
const EFFECT_WIDTH = 16

function effectOf(
  status: number,
  { effect, ignored, repeated, alerts, error, code }: Answer['body'],
) {
  if (status !== 200) return `${status} ${code ?? ''} ${error}`
  if (ignored !== undefined) return `ignored: ${ignored}`
  if (repeated !== undefined) return 'repeated'
  const did = { issued: 'license issued', changed: 'license changed' }[`${effect}`] ?? 'noted'
  return Array.isArray(alerts) && alerts.length > 0 ? `${did}, ALERT ${alerts.join(', ')}` : did
}

let license: string | undefined
let key: string | undefined

/** Has the key shown, as an administrator does. */
async function learnKey(id: string): Promise<void> {
  if (license === id) return
  license = id
  console.log(`  license ${id}`)
  const headers = { authorization: `Bearer ${options.token}` }
  const reason = JSON.stringify({ reason: 'stripe:send' })
  const { status, body } = await post(`/api/admin/licenses/${id}/reveal`, reason, headers)
  if (status === 200) key = `${body['license']}`
  console.log(`  key ${key ?? `was refused: ${body['code']} ${body['error']}`}`)
  if (body['userId'] === null) {
    console.log(
      '  Nobody has claimed it: it is kept for the address until an event says who bought.',
    )
  }
}

/** What POST /api/verify says of the key, once there is one. */
async function stateOf(): Promise<string> {
  if (key === undefined) return ''
  const { status, body } = await post('/api/verify', JSON.stringify({ license: key }), {})
  const { code, tier, state, expiresAt } = body
  const until = () => new Date(Number(expiresAt)).toISOString().replace(/T(..:..).*/, ' $1')
  return status === 200 ? `${code} ${tier} ${state} until ${until()}` : `${code}`
}

function* shuffled(events: readonly StripeEvent[]): Generator<StripeEvent> {
  const left = [...events, ...events.filter(() => Math.random() < 1 / 3)]
  while (left.length > 0) yield* left.splice(Math.floor(Math.random() * left.length), 1)
}

function* told(): Generator<readonly [heading: string, event: StripeEvent]> {
  if (type !== undefined) yield ['', theEvent(type)]
  if (options.scenario === undefined) return
  const steps = scenario(options.scenario, by)
  if (options.shuffle) {
    for (const event of shuffled(steps.flatMap(({ events }) => events))) yield ['', event]
    return
  }
  for (const { title, events } of steps) {
    for (const event of events) yield [`${by.user ?? 'somebody'} ${title}`, event]
  }
}

let heading = `purchase ${by.name}`
const events = [...told()]
console.log(heading)
for (const [title, event] of events) {
  if (title !== '' && title !== heading) console.log(`\n${title}`)
  heading = title
  await send(event)
}
