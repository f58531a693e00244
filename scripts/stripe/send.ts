/** npm run stripe:send: signs events as Stripe does, posts them, and prints their effects and the resulting verdicts. */

import { randomBytes } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import Stripe from 'stripe'
import { type StripeEvent, VERSIONS, type Version } from './objects.ts'
import {
  buildScenario,
  createEventFactory,
  SCENARIOS,
  type ScenarioName,
  type ScenarioOptions,
} from './scenarios.ts'
import { EVENT_BUILDERS } from './singleEvents.ts'

interface Options {
  readonly scenario?: ScenarioName
  readonly shuffle?: true
  readonly purchase?: string
  readonly user: string | false
  readonly email: string
  readonly tier: string
  readonly nextTier: string
  readonly subscription?: true
  readonly month: string
  readonly set: readonly (readonly [path: string, value: unknown])[]
  readonly stripeVersion: Version
  readonly url: string
  readonly secret: string
  readonly token: string
}

/** Parses `status=past_due` or `items.data.0.quantity=3`. A value that is not JSON is a string. */
function parseSetting(text: string, previous: Options['set']): Options['set'] {
  const [, path, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (path === undefined) throw new InvalidArgumentError('It must be <path>=<value>.')
  try {
    return [...previous, [path, JSON.parse(value)]]
  } catch {
    return [...previous, [path, value]]
  }
}

const matches = (pattern: RegExp, rule: string) => (text: string) => {
  if (pattern.test(text)) return text
  throw new InvalidArgumentError(rule)
}

const command: Command = new Command('npm run stripe:send --')
  .description('Signs Stripe events and posts them to a License Authority.')
  .argument('[type]', 'the type of the event, such as checkout.session.completed')
  .addOption(new Option('--scenario <name>', 'send all events of a scenario').choices(SCENARIOS))
  .option('--shuffle', 'send the events of the scenario in random order, and some of them twice')
  .option(
    '--purchase <name>',
    'the name of the purchase, which is part of every id (default: a random one)',
    matches(/^\w{1,60}$/, 'It must be 1 to 60 letters, digits or underscores.'),
  )
  .option('--user <id>', 'the user id that your server set', 'user_123')
  .option('--no-user', 'no user id')
  .option('--email <address>', 'the email address of the buyer', 'user@example.com')
  .option('--tier <tier>', 'the tier that is bought', 'pro')
  .option('--next-tier <tier>', 'the tier after a change of plan in a scenario', 'elite')
  .option('--subscription', 'the purchase is a subscription, for types that do not imply it')
  .option(
    '--month <number>',
    'the month of the subscription, from 0',
    matches(/^\d{1,3}$/, 'It must be a number from 0 to 999.'),
    '0',
  )
  .option(
    '--set <path=value>',
    "set a field of the event's object, such as status=past_due; can be repeated",
    parseSetting,
    [],
  )
  .addOption(
    new Option('--stripe-version <version>', 'the API version of the events')
      .choices(VERSIONS)
      .default('2026-10-28.endive'),
  )
  .option('--url <url>', 'the address of the License Authority', 'http://localhost:8000')
  .option('--secret <secret>', 'the signing secret of its webhook', 'whsec_dev')
  .option('--token <token>', 'an API token, to show the key', 'dev_admin_token')
  .addHelpText(
    'after',
    `\nTypes:\n  ${Object.keys(EVENT_BUILDERS).join('\n  ')}\n\nExamples:\n` +
      '  npm run stripe:send -- checkout.session.completed --tier pro --user user_123\n' +
      '  npm run stripe:send -- --scenario life',
  )
  .parse()

const options = command.opts<Options>()
const [type] = command.args
if ((type === undefined) === (options.scenario === undefined)) {
  command.error('error: name either the type of an event or a --scenario (see --help)')
}

const DAY_SECONDS = 24 * 60 * 60
const now = Math.floor(Date.now() / 1000)
const scenarioOptions: ScenarioOptions = {
  name: options.purchase ?? randomBytes(4).toString('hex'),
  user: options.user === false ? null : options.user,
  email: options.email,
  tier: options.tier,
  nextTier: options.nextTier,
  version: options.stripeVersion,
  // Single events of one purchase are sent in several commands, all of which must use the same months.
  start: options.scenario ? now : now - (now % DAY_SECONDS),
}

function buildSingle(type: string): StripeEvent {
  const build = Object.hasOwn(EVENT_BUILDERS, type) ? EVENT_BUILDERS[type] : undefined
  if (!build) command.error(`error: unknown event type ${type} (see --help)`)
  const { month, subscription: subscribed = false, set } = options
  const details = { at: now - scenarioOptions.start, month: Number(month), subscribed }
  const id = `evt_${randomBytes(8).toString('hex')}`
  const event = structuredClone({ ...build(createEventFactory(scenarioOptions), details), id })
  for (const [path, value] of set) setField(event.data.object, path.split('.'), value)
  return event
}

function setField(object: object, [name = '', ...rest]: readonly string[], value: unknown): void {
  const inner: unknown = Reflect.get(object, name)
  if (rest.length === 0) Reflect.set(object, name, value)
  else if (typeof inner === 'object' && inner !== null) setField(inner, rest, value)
  else command.error(`error: the event's object has no ${name} to set anything in`)
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
    command.error(`error: cannot reach ${options.url} (${cause.message}): is npm start running?`)
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: { error: text } }
  }
}

const TYPE_WIDTH = 40
const EFFECT_WIDTH = 16

async function send(event: StripeEvent): Promise<void> {
  const payload = JSON.stringify(event)
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: options.secret })
  const headers = { 'stripe-signature': signature }
  const { status, body } = await post('/webhooks/stripe', payload, headers)
  if (status !== 200) process.exitCode = 1
  if (typeof body['licenseId'] === 'string') await revealKey(body['licenseId'])
  const effect = formatEffect(status, body).padEnd(EFFECT_WIDTH)
  console.log(`  ${event.type.padEnd(TYPE_WIDTH)}  ${effect}  ${await verify()}`.trimEnd())
}

function formatEffect(status: number, body: Answer['body']): string {
  const { effect, ignored, repeated, alerts, error, code } = body
  if (status !== 200) return `${status} ${code ?? ''} ${error}`
  if (ignored !== undefined) return `ignored: ${ignored}`
  if (repeated !== undefined) return 'repeated'
  const text = { issued: 'license issued', changed: 'license changed' }[`${effect}`] ?? 'noted'
  return Array.isArray(alerts) && alerts.length > 0 ? `${text}, ALERT ${alerts.join(', ')}` : text
}

let licenseId: string | undefined
let key: string | undefined

async function revealKey(id: string): Promise<void> {
  if (licenseId === id) return
  licenseId = id
  console.log(`  license ${id}`)
  const headers = { authorization: `Bearer ${options.token}` }
  const reason = JSON.stringify({ reason: 'stripe:send' })
  const { status, body } = await post(`/api/admin/licenses/${id}/reveal`, reason, headers)
  if (status === 200) key = `${body['license']}`
  console.log(`  key ${key ?? `not shown: ${body['code']} ${body['error']}`}`)
  if (body['userId'] === null) {
    console.log('  The license has no user: it is assigned when an event names one.')
  }
}

/** Formats the verdict on the key. Empty before a license is issued. */
async function verify(): Promise<string> {
  if (key === undefined) return ''
  const { status, body } = await post('/api/verify', JSON.stringify({ license: key }), {})
  const { code, tier, state, expiresAt } = body
  if (status !== 200) return `${code}`
  const until = new Date(Number(expiresAt)).toISOString().replace(/T(..:..).*/, ' $1')
  return `${code} ${tier} ${state} until ${until}`
}

function shuffle<T>(items: readonly T[]): readonly T[] {
  const left = [...items, ...items.filter(() => Math.random() < 1 / 3)]
  const shuffled: T[] = []
  while (left.length > 0) shuffled.push(...left.splice(Math.floor(Math.random() * left.length), 1))
  return shuffled
}

function buildSteps(): ReturnType<typeof buildScenario> {
  if (type !== undefined) return [{ title: '', events: [buildSingle(type)] }]
  const steps = options.scenario ? buildScenario(options.scenario, scenarioOptions) : []
  if (!options.shuffle) return steps
  return [{ title: '', events: shuffle(steps.flatMap(({ events }) => events)) }]
}

const steps = buildSteps()
console.log(`purchase ${scenarioOptions.name}`)
for (const { title, events } of steps) {
  if (title !== '') console.log(`\n${scenarioOptions.user ?? 'The customer'} ${title}`)
  for (const event of events) await send(event)
}
