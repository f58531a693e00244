import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { verifySignature } from '../../../../lib/stripe/signature.ts'
import { aSecret, NOW } from '../../../support/licenses.ts'
import { aSignature } from '../../../support/stripe.ts'

const PAYLOAD = '{"id":"evt_1","note":"é🦅"}'
const SECONDS = 1000

const verify = (
  header: string | undefined,
  { body = PAYLOAD as string | Buffer, secrets = ['whsec_test'], now = NOW } = {},
) => verifySignature(Buffer.from(body), header, secrets.map(aSecret), now)

const GOOD = { payload: JSON.parse(PAYLOAD) }
const [TIME, V1] = aSignature(PAYLOAD).split(',') as [string, string]

describe('a signature of Stripe’s', () => {
  it('gives the payload that was signed', () => {
    expect(verify(aSignature(PAYLOAD))).toEqual(GOOD)
  })

  it('counts by each of the secrets, the old one and the new one', () => {
    const secrets = ['whsec_new', 'whsec_test']
    expect(verify(aSignature(PAYLOAD), { secrets })).toEqual(GOOD)
    expect(verify(aSignature(PAYLOAD), { secrets: secrets.toReversed() })).toEqual(GOOD)
    const byNew = aSignature(PAYLOAD, { secret: 'whsec_new' })
    expect(verify(byNew, { secrets })).toEqual(GOOD)
  })

  it.each([
    ['among several of the same time', `${TIME},v1=${'0'.repeat(64)},${V1},v1=${'f'.repeat(64)}`],
    ['beside one of another scheme', `${TIME},v0=${'0'.repeat(64)},${V1}`],
    ['whatever the order', `${V1},${TIME}`],
  ])('counts %s', (_, header) => {
    expect(verify(header)).toEqual(GOOD)
  })

  it.each([
    ['of exactly 300 seconds ago', true, NOW - 300 * SECONDS],
    ['of 301 seconds ago', false, NOW - 301 * SECONDS],
    ['of exactly 300 seconds ahead', true, NOW + 300 * SECONDS],
    ['of 301 seconds ahead', false, NOW + 301 * SECONDS],
  ])('%s, by the clock that is given, counts: %p', (_, counts, at) => {
    expect(verify(aSignature(PAYLOAD, { at }))).toEqual(counts ? GOOD : undefined)
  })

  it('of the far future does not count wherever its time stands', () => {
    const [time, v1] = aSignature(PAYLOAD, { at: NOW + 9999 * SECONDS }).split(',')
    expect(verify(`${v1},${time}`)).toBeUndefined()
    expect(verify(`${TIME},${time},${v1}`)).toBeUndefined()
  })
})

describe('what is not a signature of Stripe’s', () => {
  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['garbage', 'hello, world = = ,,'],
    ['a time alone', TIME],
    ['a signature alone', V1],
    ['a signature of another scheme', `${TIME},v0=${V1.slice(3)}`],
    ['no time to read', `t=soon,${V1}`],
    ['a time before all others', `t=-1,${V1}`],
    ['another time', `t=${NOW / 1000 + 1},${V1}`],
    ['an empty signature', `${TIME},v1=`],
    ['half of the signature', `${TIME},${V1.slice(0, 40)}`],
    ['the signature in capitals', `${TIME},v1=${V1.slice(3).toUpperCase()}`],
    ['letters beyond ASCII', `${TIME},v1=${'é'.repeat(64)}`],
    ['a signature by another secret', aSignature(PAYLOAD, { secret: 'whsec_other' })],
    ['a signature of another body', aSignature(`${PAYLOAD} `)],
  ])('is %s', (_, header) => {
    expect(verify(header)).toBeUndefined()
  })

  it('is anything while no secret is configured, or only an empty one', () => {
    expect(verify(aSignature(PAYLOAD), { secrets: [] })).toBeUndefined()
    const bySpaces = aSignature(PAYLOAD, { secret: ' ' })
    expect(verify(bySpaces, { secrets: [' '] })).toBeUndefined()
  })

  it.each([
    ['a changed body', PAYLOAD.replace('evt_1', 'evt_2')],
    ['a body with a blank more', `${PAYLOAD}\n`],
    ['no body', ''],
  ])('is the right one of %s', (_, body) => {
    expect(verify(aSignature(PAYLOAD), { body })).toBeUndefined()
  })

  it('is one of bytes that are no UTF-8', () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const v1 = createHmac('sha256', 'whsec_test')
      .update(`${NOW / 1000}.`)
      .update(body)
      .digest('hex')
    expect(verify(`${TIME},v1=${v1}`, { body })).toBeUndefined()
  })

  it.each([['{"id":'], ['evt_1'], [' ']])('is one of %j, which is no JSON', (body) => {
    expect(verify(aSignature(body), { body })).toBeUndefined()
  })
})
