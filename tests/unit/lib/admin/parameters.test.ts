import { describe, expect, it } from '@jest/globals'
import { z } from 'zod/mini'
import { decodeAnyCursor, decodeCursor, encodeCursor } from '../../../../lib/admin/cursor.ts'
import { parseLicenseId } from '../../../../lib/admin/route.ts'
import { day } from '../../../../lib/admin/schemas.ts'

describe('a cursor', () => {
  const FILTER = { list: 'licenses' }

  it('of a list sorted by text is rejected by a list sorted by time', () => {
    const cursor = encodeCursor({ id: 'lic_1', at: 'a@example.com' }, FILTER)
    expect(decodeAnyCursor(cursor, FILTER)).toMatchObject({ id: 'lic_1', at: 'a@example.com' })
    expect(() => decodeCursor(cursor, FILTER)).toThrow()
  })

  it('returns the position in a list sorted by time', () => {
    expect(decodeCursor(encodeCursor({ id: 'lic_1', at: 5 }, FILTER), FILTER)).toMatchObject({
      id: 'lic_1',
      at: 5,
    })
  })
})

describe('parseLicenseId', () => {
  it.each([[{}], [{ id: '' }], [{ id: 'lic_' }], [{ id: '../tokens' }]])('rejects %j', (params) => {
    expect(() => parseLicenseId(params)).toThrow('There is no such license')
  })
})

describe('a day', () => {
  it('is parsed to its last millisecond in UTC', () => {
    expect(z.parse(day, '2026-12-31')).toBe(Date.UTC(2027, 0, 1) - 1)
  })

  it.each(['', 'tomorrow', '2026-13-01', '2026-02-30', '2026-1-1', '2026-12-31T00:00'])(
    'rejects %j',
    (text) => {
      expect(z.safeParse(day, text).success).toBe(false)
    },
  )
})
