import { describe, expect, it } from '@jest/globals'
import { toEvent } from '../../../../lib/stripe/event.ts'
import { aCheckout } from '../../../support/stripe.ts'

const EVENT = { id: 'evt_1', type: 'a.type', data: { object: {} } }

describe('a signed payload', () => {
  it.each<[string, object]>([
    ['as Stripe sends it', aCheckout()],
    ['of a type that nobody knows yet', EVENT],
    ['with more than anybody reads', { ...EVENT, data: { object: { a: [1] }, more: {} } }],
  ])('is an event %s, and stays as it is', (_, payload) => {
    const before = structuredClone(payload)
    expect(toEvent(payload)).toBe(payload)
    expect(payload).toEqual(before)
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'evt_1'],
    ['a list', [EVENT]],
    ['no id', { ...EVENT, id: undefined }],
    ['an empty id', { ...EVENT, id: '' }],
    ['an id that no item can be kept under', { ...EVENT, id: 'x'.repeat(256) }],
    ['an id that is not in ASCII', { ...EVENT, id: 'evt_🦅' }],
    ['an id with a blank', { ...EVENT, id: 'evt 1' }],
    ['a number for an id', { ...EVENT, id: 1 }],
    ['no type', { ...EVENT, type: undefined }],
    ['null for a type', { ...EVENT, type: null }],
    ['no data', { ...EVENT, data: undefined }],
    ['null for data', { ...EVENT, data: null }],
    ['no object', { ...EVENT, data: {} }],
    ['null for an object', { ...EVENT, data: { object: null } }],
    ['a list for an object', { ...EVENT, data: { object: [] } }],
    ['a text for an object', { ...EVENT, data: { object: 'cs_1' } }],
  ])('is no event with %s', (_, payload) => {
    expect(toEvent(payload)).toBeUndefined()
  })
})
