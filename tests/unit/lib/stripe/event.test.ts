import { describe, expect, it } from '@jest/globals'
import { toEvent } from '../../../../lib/stripe/event.ts'
import { aCheckout } from '../../../support/stripe.ts'

const EVENT = { id: 'evt_1', type: 'a.type', data: { object: {} } }

describe('toEvent', () => {
  it.each<[string, object]>([
    ['of a checkout', aCheckout()],
    ['of an unknown type', EVENT],
    ['with unknown fields', { ...EVENT, data: { object: { a: [1] }, more: {} } }],
  ])('returns an event %s unchanged', (_, payload) => {
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
    ['an id that is too long', { ...EVENT, id: 'x'.repeat(256) }],
    ['an id outside ASCII', { ...EVENT, id: 'evt_🦅' }],
    ['an id with a space', { ...EVENT, id: 'evt 1' }],
    ['a number for an id', { ...EVENT, id: 1 }],
    ['no type', { ...EVENT, type: undefined }],
    ['null for a type', { ...EVENT, type: null }],
    ['no data', { ...EVENT, data: undefined }],
    ['null for data', { ...EVENT, data: null }],
    ['no object', { ...EVENT, data: {} }],
    ['null for an object', { ...EVENT, data: { object: null } }],
    ['a list for an object', { ...EVENT, data: { object: [] } }],
    ['a text for an object', { ...EVENT, data: { object: 'cs_1' } }],
  ])('returns undefined for %s', (_, payload) => {
    expect(toEvent(payload)).toBeUndefined()
  })
})
