import { describe, expect, it } from '@jest/globals'
import { rateLimitCounter, toNetwork } from '../../../../lib/access/rateLimit.ts'
import { aSecret, NOW } from '../../../support/licenses.ts'

describe('the network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
    ['test-invoke-source-ip', 'test-invoke-source-ip'],
  ])('of %s is %s', (address, network) => {
    expect(toNetwork(address)).toBe(network)
  })
})

describe('a counter', () => {
  const limit = { failures: 20, minutes: 10 }
  const at = (now: number, subject = '203.0.113.7') =>
    rateLimitCounter('key', subject, { limit, pepper: aSecret('pepper'), now })
  const WINDOW = 10 * 60_000

  it('is the same within a window, and different in the next', () => {
    expect(at(NOW + WINDOW - 1).id).toBe(at(NOW).id)
    expect(at(NOW + WINDOW).id).not.toBe(at(NOW).id)
  })

  it.each([
    [0, 600],
    [1, 600],
    [1000, 599],
    [WINDOW - 1, 1],
  ])('%d ms into its window ends in %d s', (into, wait) => {
    expect(at(NOW + into)).toMatchObject({ wait, until: NOW + WINDOW })
  })

  it('differs by subject, scope and pepper, and does not contain the subject', () => {
    expect(at(NOW, '203.0.113.8').id).not.toBe(at(NOW).id)
    const token = rateLimitCounter('token', '203.0.113.7', {
      limit,
      pepper: aSecret('pepper'),
      now: NOW,
    })
    expect(token.id).not.toBe(at(NOW).id)
    const other = rateLimitCounter('key', '203.0.113.7', {
      limit,
      pepper: aSecret('other'),
      now: NOW,
    })
    expect(other.id).not.toBe(at(NOW).id)
    expect(at(NOW).id).not.toContain('203')
  })
})
