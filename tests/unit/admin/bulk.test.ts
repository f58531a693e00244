import { describe, expect, it } from '@jest/globals'
import { splitIntoBatches } from '../../../admin/src/pages/bulk/batches.ts'
import { resultsCsv } from '../../../admin/src/pages/bulk/results.ts'
import { withRowIds } from '../../../admin/src/pages/bulk/rowIds.ts'
import { MAX_ROWS, parseRows, TEMPLATE } from '../../../admin/src/pages/bulk/rows.ts'

const TIERS = [{ name: 'pro' }, { name: 'lifetime' }]

const read = (text: string) => parseRows(text, TIERS)
const faultsOf = (text: string) => read(text).rows.map(({ faults }) => faults)

describe('a CSV of licenses', () => {
  it('is read as it was written: quotes, line breaks in them, other separators, a mark of the encoding', () => {
    const text =
      '\uFEFFUser ID;E-Mail;Tier;Days\r\n"a ""b""\nc";A@example.com;PRO;30\r\n\r\nd;;lifetime;-1\r\n'
    expect(read(text).rows.map(({ order }) => order)).toEqual([
      { userId: 'a "b"\nc', userEmail: 'A@example.com', tier: 'pro', duration: 30 },
      { userId: 'd', tier: 'lifetime', duration: -1 },
    ])
  })

  it('has a template that can be issued as it is', () => {
    expect(faultsOf(TEMPLATE)).toEqual([[], []])
  })

  it.each([
    ['', /userId and tier/],
    ['userId\na', /tier is missing/],
    ['userId,tier,colour\na,pro,red', /no column colour/],
    ['userId,user,tier\na,b,pro', /userId is there twice/],
    ['userId,tier\n"a,pro', /quotation mark/i],
    ['userId,tier\n\n', /no row/],
    [`userId,tier\n${'a,pro\n'.repeat(MAX_ROWS + 1)}`, /at most 5000/],
  ])('says what is wrong with the whole of %j', (text, fault) => {
    expect(read(text)).toEqual({ rows: [], fault: expect.stringMatching(fault) })
  })

  it.each([
    ['userId,tier\n,pro', 'userId is missing'],
    ['userId,tier\na,gold', 'tier must be one of pro, lifetime'],
    ['userId,tier\na,', 'tier is missing'],
    ['userId,tier,email\na,pro,nobody', 'userEmail is no e-mail address'],
    ['userId,tier,days\na,pro,1.5', 'duration must be whole days from 1 to 36500, or -1 for life'],
    ['userId,tier,days\na,pro,0', 'duration must be whole days from 1 to 36500, or -1 for life'],
    ['userId,tier,days\na,pro,soon', 'duration must be whole days from 1 to 36500, or -1 for life'],
    ['userId,tier\na,pro,more', 'has more fields than there are columns'],
    [`userId,tier\n${'a'.repeat(257)},pro`, 'userId is longer than 256 characters'],
  ])('says what is wrong with a row of %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([[fault]])
  })

  it('finds names that are there twice, since only the first would be issued', () => {
    expect(faultsOf('userId,tier,ref\na,pro,x\nb,pro,x')).toEqual([
      [],
      ['ref is that of line 2 too'],
    ])
  })
})

describe('the names of rows', () => {
  const orders = [
    { userId: 'a', tier: 'pro' },
    { userId: 'a', tier: 'pro' },
    { userId: 'b', tier: 'pro', ref: 'mine' },
  ]
  const namesOf = async (given: typeof orders, batch: string) =>
    (await withRowIds(given, batch)).map(({ ref }) => ref)

  it('are the same for the same file and differ within it', async () => {
    const names = await namesOf(orders, 'today')
    expect(await namesOf(orders, 'today')).toEqual(names)
    expect(new Set(names).size).toBe(3)
    expect(names[2]).toBe('mine')
  })

  it('stay when another row is mended, and change with the batch', async () => {
    const names = await namesOf(orders, 'today')
    const mended = await namesOf([{ userId: 'c', tier: 'pro' }, ...orders], 'today')
    expect(mended.slice(1)).toEqual(names)
    expect((await namesOf(orders, 'tomorrow')).slice(0, 2)).not.toEqual(names.slice(0, 2))
  })
})

describe('the parts that are sent', () => {
  it('hold every row once, a hundred at the most, and no more than a body may', () => {
    const rows = Array.from({ length: 250 }, (_, place) => ({ place, text: 'ö'.repeat(place) }))
    const parts = splitIntoBatches(rows)
    expect(parts.flat()).toEqual(rows)
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(100)
      expect(Buffer.byteLength(JSON.stringify({ rows: part }))).toBeLessThan(64 * 1024)
    }
    expect(splitIntoBatches([])).toEqual([])
  })
})

describe('the results to keep', () => {
  it('hold nothing that a spreadsheet takes for a formula', () => {
    const { rows } = read(
      'userId,tier,email\n"=HYPERLINK(""http://evil"")",pro,+1@example.com\n@a,pro,',
    )
    const csv = resultsCsv(
      rows.map((row) => ({
        row,
        result: { ok: true, id: 'lic_1', license: 'QF-PRO-1', repeated: false },
      })),
    )
    expect(csv.split('\r\n').slice(1)).toEqual([
      `2,"'=HYPERLINK(""http://evil"")","'+1@example.com",pro,Issued,lic_1,QF-PRO-1`,
      `3,"'@a",,pro,Issued,lic_1,QF-PRO-1`,
    ])
  })

  it('say why a row was refused, and which was not sent', () => {
    const { rows } = read('userId,tier\na,pro\nb,pro')
    const [first, second] = rows
    if (!first || !second) throw new Error('Two rows')
    const refused = { ok: false, code: 'CONFLICT', error: 'The request conflicts', fields: [] }
    const csv = resultsCsv([
      { row: first, result: refused },
      { row: second, result: undefined },
    ])
    expect(csv).toContain('The request conflicts')
    expect(csv).toContain('Not sent')
  })
})
