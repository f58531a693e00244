import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import Stripe from 'stripe'
import { EVENT_TYPES, observe } from '../../../lib/stripe/observe.ts'
import { LIVE_KEY, STRIPE_SECRET, URL_OF_STAGE, useStage } from '../../support/setup.ts'
import { anEndpoint, type Endpoint } from '../../support/stripeAccount.ts'

const stage = useStage()
const HOOK = `${URL_OF_STAGE}/webhooks/stripe`

/** Adds an endpoint at Stripe, and its secret to the stage. */
function addEndpoint(endpoint: Endpoint) {
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

/** Formats the endpoints, newest first. */
const states = () => stage.stripe.endpoints.map(({ id, status }) => `${id} ${status}`)

const AFTER = {
  webhookSecrets: ['whsec_shown_1', 'whsec_before'],
  apiKey: 'rk_live_own_key',
  webhookEndpoint: 'we_1',
}

describe('setup of the webhook endpoint', () => {
  it('creates one for our events in our API version and stores its secret', async () => {
    await stage.run()
    expect(stage.stripe.endpoints).toEqual([
      { ...anEndpoint({ id: 'we_1', url: HOOK }), api_version: Stripe.API_VERSION },
    ])
    expect(stage.stripeSecret).toEqual({
      webhookSecrets: ['whsec_shown_1'],
      webhookEndpoint: 'we_1',
    })
  })

  it('accepts a restricted key that cannot read the account', async () => {
    stage.stripe.keysWithoutAccount.add(LIVE_KEY)
    const { isDone, lines } = await stage.run()
    expect(lines).toContain('ok    Stripe account (hidden from this key), live mode')
    expect(isDone).toBe(true)
    expect(stage.stripeSecret).toEqual({
      webhookSecrets: ['whsec_shown_1'],
      webhookEndpoint: 'we_1',
    })
  })

  it('accepts a correct one on any page of the list', async () => {
    addEndpoint(anEndpoint({}))
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
  ])('corrects one that receives %s types of events', async (_, enabled_events) => {
    addEndpoint(anEndpoint({ enabled_events }))
    const { isDone, lines } = await stage.run()
    expect(isDone).toBe(true)
    expect(lines).toContain('done  endpoint we_before: the types of events are corrected')
    expect(stage.stripe.endpoints[0]?.enabled_events.toSorted()).toEqual(EVENT_TYPES.toSorted())
    expect(stage.writes()).toEqual(['changed we_before'])
    await stage.run()
    expect(stage.writes()).toHaveLength(1)
  })

  it.each([
    ['with another API version', { api_version: '2020-08-27' }],
    ['with the API version of the account', { api_version: null }],
    ['that is disabled', { status: 'disabled' }],
  ] as const)('replaces one %s and keeps every secret', async (_, changes) => {
    addEndpoint(anEndpoint(changes))
    expect((await stage.run()).isDone).toBe(true)
    expect(states()).toEqual(['we_1 enabled', 'we_before disabled'])
    expect(stage.stripeSecret).toEqual(AFTER)
    // Events of the old endpoint may still arrive, so the operator decides when to remove its secret.
    expect((await stage.run()).lines).toContain(
      'ok    2 Stripe signing secrets are trusted; to remove those of replaced endpoints: docs/operations.md',
    )
    const { length } = stage.writes()
    await stage.run()
    expect(stage.writes()).toHaveLength(length)
  })

  it.each([
    ['was created by hand', '{"webhookSecrets":["whsec_before"],"apiKey":"rk_live_own_key"}'],
    ['has no stored secret', '{"webhookSecrets":[],"webhookEndpoint":"we_before"}'],
  ])('replaces one that %s', async (_, text) => {
    addEndpoint(anEndpoint({}))
    stage.secretsManager.secrets.set(STRIPE_SECRET, text)
    await stage.run()
    expect(states()).toEqual(['we_1 enabled', 'we_before disabled'])
    expect(stage.stripeSecret).toEqual({
      ...JSON.parse(text),
      webhookSecrets: ['whsec_shown_1', ...JSON.parse(text).webhookSecrets],
      webhookEndpoint: 'we_1',
    })
  })

  it('disables the old one after it stored the secret of the new one', async () => {
    addEndpoint(anEndpoint({ api_version: '2020-08-27' }))
    await stage.run()
    expect(stage.stripe.writes).toEqual(['created we_1', 'changed we_before'])
    stage.secretsManager.secrets.set(STRIPE_SECRET, '{"webhookSecrets":[]}')
    stage.stripe.onCreate = async () => {
      stage.secretsManager.broken = true
    }
    await stage.run()
    expect(states()).toEqual(['we_2 enabled', 'we_1 enabled', 'we_before disabled'])
  })

  it('recovers from an interruption before the secret is stored', async () => {
    addEndpoint(anEndpoint({ api_version: '2020-08-27' }))
    stage.stripe.onCreate = async () => {
      stage.secretsManager.broken = true
    }
    const [todo] = await stage.todos()
    expect(todo).toMatch(/^todo {2}Stripe could not be checked .* run setup again$/)
    expect(states()).toEqual(['we_1 enabled', 'we_before enabled'])

    stage.stripe.onCreate = async () => {}
    stage.secretsManager.broken = false
    expect((await stage.run()).isDone).toBe(true)
    expect(states()).toEqual(['we_2 enabled', 'we_1 disabled', 'we_before disabled'])
    expect(stage.stripeSecret).toEqual({
      ...AFTER,
      webhookSecrets: ['whsec_shown_2', 'whsec_before'],
      webhookEndpoint: 'we_2',
    })
  })

  it('recovers from an interruption before the old one is disabled', async () => {
    addEndpoint(anEndpoint({}))
    stage.stripe.endpoints.push(anEndpoint({ id: 'we_older' }))
    await stage.run()
    expect(states()).toEqual(['we_before enabled', 'we_older disabled'])
    expect(stage.writes()).toEqual(['changed we_older'])
  })

  it('never overwrites the secret of a concurrent run', async () => {
    // The other run completes before Stripe responds to the first one.
    stage.stripe.onCreate = async () => {
      stage.stripe.onCreate = async () => {}
      await stage.run()
    }
    const { lines } = await stage.run()
    expect(stage.stripeSecret).toEqual({
      webhookSecrets: ['whsec_shown_2'],
      webhookEndpoint: 'we_2',
    })
    expect(lines.join('\n')).toContain(
      'Stripe could not be checked (setup ran twice at the same time)',
    )
    await stage.run()
    expect(states().filter((state) => state.endsWith('enabled'))).toEqual([
      `${stage.stripeSecret.webhookEndpoint} enabled`,
    ])
  })

  it.each([
    'https://licenses.example.com/webhooks/stripe/',
    'https://dev.example.com/webhooks/stripe',
  ])('does not touch one with another URL: %s', async (url) => {
    const other = anEndpoint({ id: 'we_other', url, enabled_events: ['*'], api_version: null })
    stage.stripe.endpoints.push({ ...other })
    await stage.run()
    expect(stage.stripe.endpoints.find(({ id }) => id === 'we_other')).toEqual(other)
    expect(stage.stripe.writes).toEqual(['created we_1'])
  })

  it('uses --url instead of the URL of the stack', async () => {
    const { lines } = await stage.run({ url: 'https://keys.example.com/' })
    expect(stage.stripe.endpoints.map(({ url }) => url)).toEqual([
      'https://keys.example.com/webhooks/stripe',
    ])
    expect(lines.at(-1)).toBe(
      'To check the service: npm run smoke -- --url https://keys.example.com',
    )
  })
})

describe('setup with a Stripe key', () => {
  it('requires one while the service accepts no events', async () => {
    expect(await stage.todos({ stripeApiKey: undefined })).toEqual([
      'todo  Register the webhook at Stripe: run setup again with STRIPE_API_KEY in the environment, a live key that can write webhook endpoints',
    ])
    expect(stage.writes()).toEqual([])
  })

  it('requires none once the service accepts events', async () => {
    addEndpoint(anEndpoint({}))
    const { isDone, lines } = await stage.run({ stripeApiKey: undefined })
    expect(isDone).toBe(true)
    expect(lines).toContain(
      'ok    the service accepts Stripe events; to check the endpoint, set STRIPE_API_KEY',
    )
  })

  it.each([
    [
      'sk_test_right',
      'true',
      'todo  Set STRIPE_API_KEY to a live key of Stripe: prod uses live mode, and its value is a test key',
    ],
    [
      'rk_live_right',
      'false',
      'todo  Set STRIPE_API_KEY to a test key of Stripe: prod uses test mode, and its value is a live key',
    ],
    [
      'pk_live_right',
      'true',
      'todo  Set STRIPE_API_KEY to a secret or restricted key of Stripe: its value is neither',
    ],
    [
      'whsec_slip',
      'true',
      'todo  Set STRIPE_API_KEY to a secret or restricted key of Stripe: its value is neither',
    ],
  ])(
    'never calls Stripe with one of another mode: %s, live is %s',
    async (stripeApiKey, live, todo) => {
      stage.stripe.keys.add(stripeApiKey)
      if (stage.aws.stack) stage.aws.stack.variables['StripeWebhook'] = { STRIPE_LIVEMODE: live }
      expect(await stage.todos({ stripeApiKey })).toEqual([todo])
      expect(stage.writes()).toEqual([])
    },
  )

  it('reports one that Stripe does not know', async () => {
    expect(await stage.todos({ stripeApiKey: 'sk_live_wrong_9876' })).toEqual([
      'todo  Stripe rejected a request (the key in STRIPE_API_KEY is unknown): correct that and run setup again',
    ])
    expect(stage.writes()).toEqual([])
  })

  it('reports one without permission, without the part of it that Stripe quotes', async () => {
    stage.stripe.restrictedKeys.add(LIVE_KEY)
    expect(await stage.todos()).toEqual([
      "todo  Stripe rejected a request (The provided key 'the key' may not): correct that and run setup again",
    ])
  })

  it('reports that Stripe does not respond', async () => {
    await stage.stripe.stop()
    expect(await stage.todos()).toEqual([
      expect.stringMatching(/^todo {2}Stripe rejected a request \(.*connection.*\): correct that/),
    ])
  })

  it('stores it for the service only with --store-key', async () => {
    await stage.run()
    expect(stage.stripeSecret).not.toHaveProperty('apiKey')
    const { lines } = await stage.run({ storeKey: true })
    expect(lines).toContain('done  the service now uses this Stripe key')
    expect(stage.stripeSecret).toEqual({
      webhookSecrets: ['whsec_shown_1'],
      webhookEndpoint: 'we_1',
      apiKey: LIVE_KEY,
    })
    const { length } = stage.writes()
    await stage.run({ storeKey: true })
    expect(stage.writes()).toHaveLength(length)
  })
})

describe('the types of webhook events', () => {
  const PLACES = {
    document: '../../../docs/stripe.md',
    sdk: '../../../node_modules/stripe/esm/resources/WebhookEndpoints.d.ts',
  }
  const textOf = (place: keyof typeof PLACES) =>
    readFile(new URL(PLACES[place], import.meta.url), 'utf8')

  it('are those of Stripe that the service handles', async () => {
    const declared = /type EnabledEvent = (.+);/.exec(await textOf('sdk'))?.[1] ?? ''
    const all = [...declared.matchAll(/'([\w.]+)'/g)].map(([, type = '']) => type)
    expect(all.length).toBeGreaterThan(200)
    const known = all.filter((type) => {
      const said = observe({ type, data: { object: { id: 'x' } } } as unknown as Stripe.Event, 0)
      return !('ignored' in said && said.ignored === 'type')
    })
    // Duplicates refund.updated.
    expect(known.toSorted()).toEqual([...EVENT_TYPES, 'charge.refund.updated'].toSorted())
  })

  it('are those that docs/stripe.md lists', async () => {
    const [, list = ''] =
      /```\n\s*(checkout\.session\.completed,[^`]+)```/.exec(await textOf('document')) ?? []
    expect(list.trim().split(/,\s*/).toSorted()).toEqual(EVENT_TYPES.toSorted())
  })
})
