import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createGenerateHandler } from '../../../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../../../functions/verify.ts'
import { createStores } from '../../../../lib/store/stores.ts'
import { aContext, aPost, bodyOf } from '../../../support/http.ts'
import { aLine, type Line } from '../../../support/line.ts'
import { aRuntime, SECRETS, type TestRuntime } from '../../../support/runtime.ts'
import { aCheckout, aSignature } from '../../../support/stripe.ts'
import { aStoreTable, dynamoDbUrl } from '../../../support/table.ts'

const HOUR = 60 * 60 * 1000
const ORDER = { userId: 'user_123', tier: 'pro' }

let test: TestRuntime
let line: Line

beforeEach(async () => {
  line = await aLine(dynamoDbUrl())
  test = await aRuntime()
  test = {
    ...test,
    runtime: { ...test.runtime, ...createStores(aStoreTable(test.table, line.url)) },
  }
})
afterEach(async () => {
  await test.stop()
  await line.stop()
})

/** The handlers of one warm instance, which keep their caches between calls. */
function warmFunctions() {
  const { runtime } = test
  const [generate, verify, webhook] = [
    createGenerateHandler(runtime),
    createVerifyHandler(runtime),
    createWebhookHandler(runtime),
  ]
  const responseOf = async (answer: ReturnType<typeof generate>) => {
    const response = await answer
    return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
  }
  return {
    generate: (order: object = ORDER) => {
      const headers = { authorization: 'Bearer test_admin_token', origin: 'http://localhost:5173' }
      return responseOf(generate(aPost(order, { route: '/api/generate', headers }), aContext()))
    },
    verify: (license: string) => {
      const headers = { origin: 'http://localhost:5173' }
      return responseOf(verify(aPost({ license }, { headers }), aContext()))
    },
    webhook: () => {
      const body = JSON.stringify(aCheckout())
      const headers = { 'stripe-signature': aSignature(body, { at: test.time.now }) }
      return responseOf(webhook(aPost(body, { route: '/webhooks/stripe', headers }), aContext()))
    },
  }
}

const UNAVAILABLE = {
  error: 'Temporarily unavailable, try again',
  code: 'UNAVAILABLE',
  retryable: true,
}

describe('while DynamoDB cannot be reached', () => {
  it('every route returns 503 and recovers, and none reports an invalid key', async () => {
    const { generate, verify, webhook } = warmFunctions()
    const { license } = (await generate()).body

    line.state = 'cut'
    for (const answer of [await generate(), await verify(license), await webhook()]) {
      expect(answer).toMatchObject({ status: 503 })
      expect(answer.body).toEqual(UNAVAILABLE)
    }

    line.state = 'open'
    expect(await verify(license)).toMatchObject({ status: 200, body: { valid: true } })
    expect(await generate()).toMatchObject({ status: 200 })
    expect(await webhook()).toMatchObject({ status: 200 })
  })

  it('pages can still read the response', async () => {
    line.state = 'cut'
    expect((await warmFunctions().generate()).headers).toMatchObject({
      'Access-Control-Allow-Origin': 'http://localhost:5173',
    })
  })

  it('the log has the cause, and the response does not', async () => {
    line.state = 'cut'
    const answer = await warmFunctions().generate()
    const log = test.lines.join()
    expect(log).toContain('StoreUnavailable')
    expect(log).toMatch(/ECONNRESET|socket hang up/)
    expect(JSON.stringify(answer)).not.toMatch(/Error|127\.0\.0\.1|ECONN| at /)
  })
})

describe('while Secrets Manager is unavailable', () => {
  it('a new function returns 503 and recovers', async () => {
    const { generate, verify, webhook } = warmFunctions()
    test.secretsManager.broken = true
    for (const answer of [
      await generate(),
      await verify('QF-PRO-0123456789ab-1735689600'),
      await webhook(),
    ]) {
      expect(answer.status).toBe(503)
      expect(answer.body).toEqual(UNAVAILABLE)
    }
    test.secretsManager.broken = false
    expect(await generate()).toMatchObject({ status: 200 })
  })

  it('a warm function continues with cached secrets', async () => {
    const { generate, verify } = warmFunctions()
    const { license } = (await generate()).body
    test.secretsManager.broken = true
    test.time.now += 20 * HOUR
    expect(await verify(license)).toMatchObject({ status: 200 })
  })

  it('a missing or invalid secret is a server error', async () => {
    test.secretsManager.secrets.set('test/pepper', '')
    expect(await warmFunctions().verify('x')).toMatchObject({ status: 503, body: UNAVAILABLE })
    test.secretsManager.secrets.delete('test/pepper')
    test.time.now += HOUR
    expect(await warmFunctions().verify('x')).toMatchObject({ status: 503, body: UNAVAILABLE })
  })
})

describe('rotating the master key', () => {
  const CURRENT = JSON.stringify({ current: '2', 2: 'a new key' })
  const OLDER = JSON.stringify({ 1: SECRETS['test/master-keys'] })

  const rotate = ({ secretsManager, time }: TestRuntime) => {
    secretsManager.secrets.set('test/master-keys', CURRENT)
    secretsManager.secrets.set('test/older-master-keys', OLDER)
    time.now += HOUR
  }

  it('keeps every issued key valid, and derives new keys with the new version', async () => {
    const { generate, verify } = warmFunctions()
    const before = (await generate()).body.license
    rotate(test)
    const after = (await generate()).body.license
    expect(await verify(before)).toMatchObject({ status: 200 })
    expect(await verify(after)).toMatchObject({ status: 200 })
  })

  it('is picked up by a warm function that meets a key of the new version', async () => {
    const old = warmFunctions()
    await old.generate()

    // Another instance, started after the rotation, on the same table.
    const other = await aRuntime({ store: test.runtime.store })
    rotate(other)
    const headers = { authorization: 'Bearer test_admin_token' }
    const order = { ...ORDER, paymentIntentId: 'pi_elsewhere' }
    const issued = await createGenerateHandler(other.runtime)(
      aPost(order, { route: '/api/generate', headers }),
      aContext(),
    )
    await other.stop()

    rotate(test)
    test.time.now -= HOUR - 6000
    expect(await old.generate(order)).toMatchObject({
      status: 200,
      body: { license: bodyOf(issued).license },
    })
  })

  it('returns the old key to a repeated request', async () => {
    const { generate } = warmFunctions()
    const order = { ...ORDER, paymentIntentId: 'pi_rotated' }
    const before = (await generate(order)).body.license
    rotate(test)
    expect((await generate(order)).body.license).toBe(before)
  })

  it.each([
    ['is lost', undefined],
    ['is another', JSON.stringify({ 1: 'not the first key' })],
  ])(
    'keeps issued keys valid when the old one %s, although they cannot be shown',
    async (_, older) => {
      const { generate, verify } = warmFunctions()
      const order = { ...ORDER, paymentIntentId: 'pi_lost' }
      const before = (await generate(order)).body.license
      rotate(test)
      if (older === undefined) test.secretsManager.secrets.delete('test/older-master-keys')
      else test.secretsManager.secrets.set('test/older-master-keys', older)
      expect(await generate(order)).toMatchObject({ status: 503, body: UNAVAILABLE })
      expect(await verify(before)).toMatchObject({ status: 200 })
      expect(await generate()).toMatchObject({ status: 200 })
    },
  )
})

describe('every response and every log line', () => {
  it('contain no key, token, secret or personal data', async () => {
    const { generate, verify, webhook } = warmFunctions()
    const order = { userId: 'person_1', userEmail: 'person@example.com', tier: 'pro' }
    const { license } = (await generate(order)).body
    const responses = [
      await verify(license),
      await webhook(),
      await generate({ ...order, tier: 'x' }),
    ]
    line.state = 'cut'
    responses.push(await generate(order), await verify(license), await webhook())
    line.state = 'open'
    test.secretsManager.secrets.set('test/master-keys', '{"current":"9","9":"another"}')
    test.time.now += HOUR
    responses.push(await verify(license))

    const secret = /QF-PRO|test_master_key|test_pepper|test_admin_token|whsec_test|another/
    expect(test.lines.length).toBeGreaterThan(5)
    expect(test.lines.join('\n')).not.toMatch(secret)
    expect(test.lines.join('\n')).not.toMatch(/person|buyer@/)
    expect(JSON.stringify(responses)).not.toMatch(secret)
  })
})
