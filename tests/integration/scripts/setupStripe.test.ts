import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import Stripe from 'stripe'
import { EVENT_TYPES, observe } from '../../../lib/stripe/observe.ts'
import { LIVE_KEY, STRIPE_SECRET, URL_OF_STAGE, useStage } from '../../support/setup.ts'
import { anEndpoint, type Endpoint } from '../../support/stripeAccount.ts'

const stage = useStage()
const HOOK = `${URL_OF_STAGE}/webhooks/stripe`

/** The stage has this endpoint, and its secret. */
function has(endpoint: Endpoint) {
  stage.stripe.endpoints.unshift(endpoint)
  stage.secretsManager.secrets.set(
    STRIPE_SECRET,
    JSON.stringify({
      webhookSecrets: ['whsec_before'],
      apiKey: 'rk_live_own_key',
      webhookEndpoint: endpoint.id,
    }),
  )
}

/** Each endpoint, newest first. */
const states = () => stage.stripe.endpoints.map(({ id, status }) => `${id} ${status}`)

const AFTER = {
  webhookSecrets: ['whsec_shown_1', 'whsec_before'],
  apiKey: 'rk_live_own_key',
  webhookEndpoint: 'we_1',
}

describe("setup of Stripe's endpoint", () => {
  it('makes one for our events in our version of the API, and keeps its secret', async () => {
    await stage.run()
    expect(stage.stripe.endpoints).toEqual([
      { ...anEndpoint({ id: 'we_1', url: HOOK }), api_version: Stripe.API_VERSION },
    ])
    expect(stage.ofStripe).toEqual({ webhookSecrets: ['whsec_shown_1'], webhookEndpoint: 'we_1' })
  })

  it('takes a restricted key that may not see whose it is', async () => {
    stage.stripe.discreet.add(LIVE_KEY)
    const { isDone, lines } = await stage.run()
    expect(lines).toContain(
      "ok    Stripe's account (a restricted key may not see which), in live mode",
    )
    expect(isDone).toBe(true)
    expect(stage.ofStripe).toEqual({ webhookSecrets: ['whsec_shown_1'], webhookEndpoint: 'we_1' })
  })

  it('is content with one that is right, on whatever page of the list it is', async () => {
    has(anEndpoint({}))
    for (const id of ['we_a', 'we_b', 'we_c']) {
      stage.stripe.endpoints.unshift(anEndpoint({ id, url: `https://${id}.example.com/` }))
    }
    expect((await stage.run()).isDone).toBe(true)
    expect(stage.writes()).toEqual([])
  })

  it.each([
    ['fewer', EVENT_TYPES.slice(1)],
    ['more', [...EVENT_TYPES, 'payout.paid']],
    ['other', [...EVENT_TYPES.slice(1), 'payout.paid']],
    ['all', ['*']],
  ])('mends one that is sent %s types of events', async (_, enabled_events) => {
    has(anEndpoint({ enabled_events }))
    const { isDone, lines } = await stage.run()
    expect(isDone).toBe(true)
    expect(lines).toContain(
      'done  endpoint we_before: it was sent other types of events than it should be',
    )
    expect(stage.stripe.endpoints[0]?.enabled_events.toSorted()).toEqual(EVENT_TYPES.toSorted())
    expect(stage.writes()).toEqual(['changed we_before'])
    await stage.run()
    expect(stage.writes()).toHaveLength(1)
  })

  it.each([
    ['of another version of the API', { api_version: '2020-08-27' }],
    ['of the version of the account', { api_version: null }],
    ['that is disabled', { status: 'disabled' }],
  ] as const)('replaces one %s, and forgets no secret', async (_, changes) => {
    has(anEndpoint(changes))
    expect((await stage.run()).isDone).toBe(true)
    expect(states()).toEqual(['we_1 enabled', 'we_before disabled'])
    expect(stage.ofStripe).toEqual(AFTER)
    // An event that the old endpoint sent may still be on its way; when to end its secret a person knows.
    expect((await stage.run()).lines).toContain(
      'ok    2 signing secrets of Stripe are trusted; to end those of endpoints that are gone: docs/operations.md',
    )
    const { length } = stage.writes()
    await stage.run()
    expect(stage.writes()).toHaveLength(length)
  })

  it.each([
    ['was made by hand', '{"webhookSecrets":["whsec_before"],"apiKey":"rk_live_own_key"}'],
    ['has lost its secret', '{"webhookSecrets":[],"webhookEndpoint":"we_before"}'],
  ])('replaces one that %s', async (_, text) => {
    has(anEndpoint({}))
    stage.secretsManager.secrets.set(STRIPE_SECRET, text)
    await stage.run()
    expect(states()).toEqual(['we_1 enabled', 'we_before disabled'])
    expect(stage.ofStripe).toEqual({
      ...JSON.parse(text),
      webhookSecrets: ['whsec_shown_1', ...JSON.parse(text).webhookSecrets],
      webhookEndpoint: 'we_1',
    })
  })

  it('disables the old one only once the secret of the new one is stored', async () => {
    has(anEndpoint({ api_version: '2020-08-27' }))
    await stage.run()
    expect(stage.stripe.writes).toEqual(['made we_1', 'changed we_before'])
    stage.secretsManager.secrets.set(STRIPE_SECRET, '{"webhookSecrets":[]}')
    stage.stripe.made = async () => {
      stage.secretsManager.broken = true
    }
    await stage.run()
    expect(states()).toEqual(['we_2 enabled', 'we_1 enabled', 'we_before disabled'])
  })

  it('leaves nothing of an end between making it and storing its secret', async () => {
    has(anEndpoint({ api_version: '2020-08-27' }))
    stage.stripe.made = async () => {
      stage.secretsManager.broken = true
    }
    const [todo] = await stage.todos()
    expect(todo).toMatch(/^todo {2}Stripe could not be checked .* run this once more$/)
    expect(states()).toEqual(['we_1 enabled', 'we_before enabled'])

    stage.stripe.made = async () => {}
    stage.secretsManager.broken = false
    expect((await stage.run()).isDone).toBe(true)
    expect(states()).toEqual(['we_2 enabled', 'we_1 disabled', 'we_before disabled'])
    expect(stage.ofStripe).toEqual({
      ...AFTER,
      webhookSecrets: ['whsec_shown_2', 'whsec_before'],
      webhookEndpoint: 'we_2',
    })
  })

  it('leaves nothing of an end before the old one is disabled', async () => {
    has(anEndpoint({}))
    stage.stripe.endpoints.push(anEndpoint({ id: 'we_older' }))
    await stage.run()
    expect(states()).toEqual(['we_before enabled', 'we_older disabled'])
    expect(stage.writes()).toEqual(['changed we_older'])
  })

  it('refuses to write over what somebody else wrote at the same moment', async () => {
    // The other run is wholly done before the answer to the first comes back.
    stage.stripe.made = async () => {
      stage.stripe.made = async () => {}
      await stage.run()
    }
    const { lines } = await stage.run()
    expect(stage.ofStripe).toEqual({ webhookSecrets: ['whsec_shown_2'], webhookEndpoint: 'we_2' })
    expect(lines.join('\n')).toContain(
      'Stripe could not be checked (somebody else did the same at this moment)',
    )
    await stage.run()
    expect(states().filter((state) => state.endsWith('enabled'))).toEqual([
      `${stage.ofStripe.webhookEndpoint} enabled`,
    ])
  })

  it.each([
    'https://licenses.example.com/webhooks/stripe/',
    'https://dev.example.com/webhooks/stripe',
  ])('does not touch one of another URL: %s', async (url) => {
    const other = anEndpoint({ id: 'we_other', url, enabled_events: ['*'], api_version: null })
    stage.stripe.endpoints.push({ ...other })
    await stage.run()
    expect(stage.stripe.endpoints.find(({ id }) => id === 'we_other')).toEqual(other)
    expect(stage.stripe.writes).toEqual(['made we_1'])
  })

  it('takes another URL than the one of the stack', async () => {
    const { lines } = await stage.run({ url: 'https://keys.example.com/' })
    expect(stage.stripe.endpoints.map(({ url }) => url)).toEqual([
      'https://keys.example.com/webhooks/stripe',
    ])
    expect(lines.at(-1)).toBe('Does it work? npm run smoke -- --url https://keys.example.com')
  })
})

describe("setup with a key of Stripe's", () => {
  it('wants one while the service takes no events', async () => {
    expect(await stage.todos({ stripeApiKey: undefined })).toEqual([
      'todo  Let Stripe tell the service of what is sold: run this once more with a key of its live mode in the environment as STRIPE_API_KEY, which may write webhook endpoints',
    ])
    expect(stage.writes()).toEqual([])
  })

  it('needs none once the service takes events', async () => {
    has(anEndpoint({}))
    const { isDone, lines } = await stage.run({ stripeApiKey: undefined })
    expect(isDone).toBe(true)
    expect(lines).toContain(
      "ok    the service takes Stripe's events; to look at the endpoint, set STRIPE_API_KEY",
    )
  })

  it.each([
    [
      'sk_test_right',
      'true',
      "todo  Set STRIPE_API_KEY to a key of Stripe's live mode, which prod sells in: what is there is of its test mode",
    ],
    [
      'rk_live_right',
      'false',
      "todo  Set STRIPE_API_KEY to a key of Stripe's test mode, which prod sells in: what is there is of its live mode",
    ],
    [
      'pk_live_right',
      'true',
      'todo  Set STRIPE_API_KEY to a secret or a restricted key of Stripe: what is there is neither',
    ],
    [
      'whsec_slip',
      'true',
      'todo  Set STRIPE_API_KEY to a secret or a restricted key of Stripe: what is there is neither',
    ],
  ])(
    'never asks Stripe with one that is not of the mode: %s, live is %s',
    async (stripeApiKey, live, todo) => {
      stage.stripe.keys.add(stripeApiKey)
      if (stage.aws.stack) stage.aws.stack.variables['StripeWebhook'] = { STRIPE_LIVEMODE: live }
      expect(await stage.todos({ stripeApiKey })).toEqual([todo])
      expect(stage.writes()).toEqual([])
    },
  )

  it('says that Stripe does not know it', async () => {
    expect(await stage.todos({ stripeApiKey: 'sk_live_wrong_9876' })).toEqual([
      'todo  Stripe refused (it does not know the key in STRIPE_API_KEY): mend that and run this once more',
    ])
    expect(stage.writes()).toEqual([])
  })

  it('says that it may too little, without the part of it that Stripe shows', async () => {
    stage.stripe.barred.add(LIVE_KEY)
    expect(await stage.todos()).toEqual([
      "todo  Stripe refused (The provided key 'the key' may not): mend that and run this once more",
    ])
  })

  it('says that Stripe does not answer', async () => {
    await stage.stripe.stop()
    expect(await stage.todos()).toEqual([
      expect.stringMatching(/^todo {2}Stripe refused \(.*connection.*\): mend that/),
    ])
  })

  it('gives it to the service only when told to', async () => {
    await stage.run()
    expect(stage.ofStripe).not.toHaveProperty('apiKey')
    const { lines } = await stage.run({ storeKey: true })
    expect(lines).toContain('done  the service has this key of Stripe for its own now')
    expect(stage.ofStripe).toEqual({
      webhookSecrets: ['whsec_shown_1'],
      webhookEndpoint: 'we_1',
      apiKey: LIVE_KEY,
    })
    const { length } = stage.writes()
    await stage.run({ storeKey: true })
    expect(stage.writes()).toHaveLength(length)
  })
})

describe('the types of events', () => {
  const PLACES = {
    document: '../../../docs/stripe.md',
    sdk: '../../../node_modules/stripe/esm/resources/WebhookEndpoints.d.ts',
  }
  const textOf = (place: keyof typeof PLACES) =>
    readFile(new URL(PLACES[place], import.meta.url), 'utf8')

  it('are those that the service makes something of, of all that Stripe has', async () => {
    const declared = /type EnabledEvent = (.+);/.exec(await textOf('sdk'))?.[1] ?? ''
    const all = [...declared.matchAll(/'([\w.]+)'/g)].map(([, type = '']) => type)
    expect(all.length).toBeGreaterThan(200)
    const known = all.filter((type) => {
      const said = observe({ type, data: { object: { id: 'x' } } } as unknown as Stripe.Event, 0)
      return !('ignored' in said && said.ignored === 'type')
    })
    // Tells nothing that refund.updated does not tell.
    expect(known.toSorted()).toEqual([...EVENT_TYPES, 'charge.refund.updated'].toSorted())
  })

  it('are those that docs/stripe.md lists', async () => {
    const [, list = ''] =
      /```\n\s*(checkout\.session\.completed,[^`]+)```/.exec(await textOf('document')) ?? []
    expect(list.trim().split(/,\s*/).toSorted()).toEqual(EVENT_TYPES.toSorted())
  })
})
