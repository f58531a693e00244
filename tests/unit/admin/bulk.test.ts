import { describe, expect, it } from '@jest/globals'
import { splitIntoBatches } from '../../../admin/src/pages/bulk/batches.ts'
import { resultsCsv } from '../../../admin/src/pages/bulk/results.ts'
import { withRowIds } from '../../../admin/src/pages/bulk/rowIds.ts'
import { MAX_ROWS, parseRows, TEMPLATE } from '../../../admin/src/pages/bulk/rows.ts'

const parse = (text: string) => parseRows(text, [{ name: 'pro' }, { name: 'lifetime' }])
const errorsIn = (text: string) => parse(text).rows.map(({ errors }) => errors)

describe('parseRows', () => {
  it('accepts quotes, line breaks in values, other separators and a byte order mark', () => {
    const text =
      '\uFEFFUser ID;E-Mail;Tier;Days\r\n"a ""b""\nc";A@example.com;PRO;30\r\n\r\nd;;lifetime;-1\r\n'
    expect(parse(text).rows.map(({ request }) => request)).toEqual([
      { userId: 'a "b"\nc', userEmail: 'A@example.com', tier: 'pro', duration: 30 },
      { userId: 'd', tier: 'lifetime', duration: -1 },
    ])
  })

  it('accepts the template without changes', () => {
    expect(errorsIn(TEMPLATE)).toEqual([[], []])
  })

  it.each([
    ['', /userId, tier/],
    ['userId\na', /missing: tier/],
    ['userId,tier,colour\na,pro,red', /Unknown column colour/],
    ['userId,user,tier\na,b,pro', /userId appears twice/],
    ['userId,tier\n"a,pro', /quotation mark/i],
    ['userId,tier\n\n', /no rows/],
    [`userId,tier\n${'a,pro\n'.repeat(MAX_ROWS + 1)}`, /limit is 5000/],
  ])('rejects the file %j', (text, error) => {
    expect(parse(text)).toEqual({ rows: [], error: expect.stringMatching(error) })
  })

  const DURATION =
    'duration must be a whole number of days from 1 to 36500, or -1 for a lifetime license'
  it.each([
    ['userId,tier\n,pro', 'userId is missing'],
    ['userId,tier\na,gold', 'tier must be one of pro, lifetime'],
    ['userId,tier\na,', 'tier is missing'],
    ['userId,tier,email\na,pro,invalid', 'userEmail is not an email address'],
    ['userId,tier,days\na,pro,1.5', DURATION],
    ['userId,tier,days\na,pro,0', DURATION],
    ['userId,tier,days\na,pro,soon', DURATION],
    ['userId,tier\na,pro,more', 'has more values than the header has columns'],
    [`userId,tier\n${'a'.repeat(257)},pro`, 'userId is longer than 256 characters'],
  ])('rejects the row in %j', (text, error) => {
    expect(errorsIn(text)).toEqual([[error]])
  })

  it('rejects a repeated ref, because only the first of these rows would be issued', () => {
    const errors = errorsIn('userId,tier,ref\na,pro,x\nb,pro,x')
    expect(errors).toEqual([[], ['ref is already used in line 2']])
  })
})

describe('withRowIds', () => {
  const rows = [
    { userId: 'a', tier: 'pro' },
    { userId: 'a', tier: 'pro' },
    { userId: 'b', tier: 'pro', ref: 'own' },
  ]
  const refsOf = async (requests: typeof rows, batch: string) =>
    (await withRowIds(requests, batch)).map(({ ref }) => ref)

  it('returns distinct refs, which do not change when another row is added', async () => {
    const refs = await refsOf(rows, 'today')
    expect(new Set(refs).size).toBe(3)
    expect(refs[2]).toBe('own')
    const corrected = await refsOf([{ userId: 'c', tier: 'pro' }, ...rows], 'today')
    expect(corrected.slice(1)).toEqual(refs)
  })

  it('returns other refs for another batch name', async () => {
    const [today, tomorrow] = [await refsOf(rows, 'today'), await refsOf(rows, 'tomorrow')]
    expect(today.filter((ref) => tomorrow.includes(ref))).toEqual(['own'])
  })
})

describe('splitIntoBatches', () => {
  it('keeps every row and the limits of a request', () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({ index, text: 'ö'.repeat(4 * index) }))
    const batches = splitIntoBatches(rows)
    expect(batches.flat()).toEqual(rows)
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(100)
      expect(Buffer.byteLength(JSON.stringify({ rows: batch }))).toBeLessThan(64 * 1024)
    }
    expect(splitIntoBatches([])).toEqual([])
  })
})

describe('resultsCsv', () => {
  it('escapes values that a spreadsheet would run as formulas', () => {
    const text = 'userId,tier,email\n"=HYPERLINK(""http://evil"")",pro,+1@example.com\n@a,pro,'
    const result = { ok: true, id: 'lic_1', license: 'QF-PRO-1', repeated: false }
    const csv = resultsCsv(parse(text).rows.map((row) => ({ row, result })))
    expect(csv.split('\r\n').slice(1)).toEqual([
      `2,"'=HYPERLINK(""http://evil"")","'+1@example.com",pro,Issued,lic_1,QF-PRO-1`,
      `3,"'@a",,pro,Issued,lic_1,QF-PRO-1`,
    ])
  })

  it('contains the error of a rejected row, and marks rows that were not sent', () => {
    const error = 'The request conflicts'
    const results = [{ ok: false, code: 'CONFLICT', error, fields: [] }, undefined]
    const { rows } = parse('userId,tier\na,pro\nb,pro')
    const csv = resultsCsv(rows.map((row, index) => ({ row, result: results[index] })))
    expect(csv).toContain(error)
    expect(csv).toContain('Not sent')
  })
})
