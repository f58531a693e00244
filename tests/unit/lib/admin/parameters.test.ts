import { describe, expect, it } from '@jest/globals'
import { z } from 'zod/mini'
import { decodeAnyCursor, decodeCursor, encodeCursor } from '../../../../lib/admin/cursor.ts'
import { parseLicenseId } from '../../../../lib/admin/route.ts'
import { day } from '../../../../lib/admin/schemas.ts'

describe('a cursor', () => {
  const FILTER = { list: 'licenses' }

  it('of a list sorted by texts is none of a list sorted by moments', () => {
    const cursor = encodeCursor({ id: 'lic_1', at: 'a@example.com' }, FILTER)
    expect(decodeAnyCursor(cursor, FILTER)).toMatchObject({ id: 'lic_1', at: 'a@example.com' })
    expect(() => decodeCursor(cursor, FILTER)).toThrow()
  })

  it('gives back the place of a list sorted by moments', () => {
    expect(decodeCursor(encodeCursor({ id: 'lic_1', at: 5 }, FILTER), FILTER)).toMatchObject({
      id: 'lic_1',
      at: 5,
    })
  })
})

describe('the id of a license in a path', () => {
  it.each([[{}], [{ id: '' }], [{ id: 'lic_' }], [{ id: '../tokens' }]])(
    'is not in %j',
    (params) => {
      expect(() => parseLicenseId(params)).toThrow('There is no such license')
    },
  )
})

describe('a day', () => {
  it('ends with its last millisecond in UTC', () => {
    expect(z.parse(day, '2026-12-31')).toBe(Date.UTC(2027, 0, 1) - 1)
  })

  it.each(['', 'tomorrow', '2026-13-01', '2026-02-30', '2026-1-1', '2026-12-31T00:00'])(
    'is not %j',
    (text) => {
      expect(z.safeParse(day, text).success).toBe(false)
    },
  )
})
