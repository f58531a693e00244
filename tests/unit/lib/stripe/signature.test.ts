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

const VALID = { payload: JSON.parse(PAYLOAD) }
const [TIME, V1] = aSignature(PAYLOAD).split(',') as [string, string]

describe('a valid signature', () => {
  it('returns the payload', () => {
    expect(verify(aSignature(PAYLOAD))).toEqual(VALID)
  })

  it('matches any of the secrets', () => {
    const secrets = ['whsec_new', 'whsec_test']
    expect(verify(aSignature(PAYLOAD), { secrets })).toEqual(VALID)
    expect(verify(aSignature(PAYLOAD), { secrets: secrets.toReversed() })).toEqual(VALID)
    const byNew = aSignature(PAYLOAD, { secret: 'whsec_new' })
    expect(verify(byNew, { secrets })).toEqual(VALID)
  })

  it.each([
    ['one of several for one timestamp', `${TIME},v1=${'0'.repeat(64)},${V1},v1=${'f'.repeat(64)}`],
    ['next to one of another scheme', `${TIME},v0=${'0'.repeat(64)},${V1}`],
    ['before its timestamp', `${V1},${TIME}`],
  ])('can be %s', (_, header) => {
    expect(verify(header)).toEqual(VALID)
  })

  it.each([
    ['300 seconds ago', true, NOW - 300 * SECONDS],
    ['301 seconds ago', false, NOW - 301 * SECONDS],
    ['300 seconds ahead', true, NOW + 300 * SECONDS],
    ['301 seconds ahead', false, NOW + 301 * SECONDS],
  ])('a timestamp %s is valid: %p', (_, isValid, at) => {
    expect(verify(aSignature(PAYLOAD, { at }))).toEqual(isValid ? VALID : undefined)
  })

  it('is refused with any timestamp from the future', () => {
    const [time, v1] = aSignature(PAYLOAD, { at: NOW + 9999 * SECONDS }).split(',')
    expect(verify(`${v1},${time}`)).toBeUndefined()
    expect(verify(`${TIME},${time},${v1}`)).toBeUndefined()
  })
})

describe('an invalid signature', () => {
  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a malformed header', 'hello, world = = ,,'],
    ['a timestamp alone', TIME],
    ['a signature alone', V1],
    ['a signature of another scheme', `${TIME},v0=${V1.slice(3)}`],
    ['a timestamp that is no number', `t=soon,${V1}`],
    ['a negative timestamp', `t=-1,${V1}`],
    ['another timestamp', `t=${NOW / 1000 + 1},${V1}`],
    ['an empty signature', `${TIME},v1=`],
    ['half of the signature', `${TIME},${V1.slice(0, 40)}`],
    ['the signature in capitals', `${TIME},v1=${V1.slice(3).toUpperCase()}`],
    ['characters outside ASCII', `${TIME},v1=${'é'.repeat(64)}`],
    ['a signature by another secret', aSignature(PAYLOAD, { secret: 'whsec_other' })],
    ['a signature of another body', aSignature(`${PAYLOAD} `)],
  ])('is %s', (_, header) => {
    expect(verify(header)).toBeUndefined()
  })

  it('is any signature without a secret, or with a blank one', () => {
    expect(verify(aSignature(PAYLOAD), { secrets: [] })).toBeUndefined()
    const bySpaces = aSignature(PAYLOAD, { secret: ' ' })
    expect(verify(bySpaces, { secrets: [' '] })).toBeUndefined()
  })

  it.each([
    ['a changed body', PAYLOAD.replace('evt_1', 'evt_2')],
    ['a body with an extra line break', `${PAYLOAD}\n`],
    ['no body', ''],
  ])('is that of another body: %s', (_, body) => {
    expect(verify(aSignature(PAYLOAD), { body })).toBeUndefined()
  })

  it('is that of a body that is not UTF-8', () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const v1 = createHmac('sha256', 'whsec_test')
      .update(`${NOW / 1000}.`)
      .update(body)
      .digest('hex')
    expect(verify(`${TIME},v1=${v1}`, { body })).toBeUndefined()
  })

  it.each([['{"id":'], ['evt_1'], [' ']])('is that of %j, which is not JSON', (body) => {
    expect(verify(aSignature(body), { body })).toBeUndefined()
  })
})
