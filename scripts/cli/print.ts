import Table from 'cli-table3'
import type { Json } from './client.ts'

/** A moment as a person reads it, in UTC; never is never. */
export const day = (time: unknown) =>
  typeof time === 'number'
    ? new Date(time).toISOString().replace(/T(\d\d:\d\d).*/, ' $1Z')
    : 'never'

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}

/** What a customer calls himself must not steer the terminal of whoever reads it. */
export const textOf = (cell: unknown) => `${cell ?? ''}`.replace(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')

/** Rows under their headings, if they have any. */
export function printTable(headings: readonly string[], rows: readonly (readonly unknown[])[]) {
  const table = new Table({
    head: [...headings],
    style: { head: [], border: [], compact: true },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  for (const row of rows) table.push(row.map(textOf))
  console.log(table.toString())
}

const LICENSE = ['id', 'user', 'e-mail', 'tier', 'state', 'ends', 'made']

const licenseRow = ({ id, userId, userEmail, tier, state, expiresAt, createdAt }: Json) => [
  id,
  userId,
  userEmail,
  tier,
  state,
  day(expiresAt),
  day(createdAt),
]

export const printLicenses = (items: readonly Json[]) => printTable(LICENSE, items.map(licenseRow))

/** One license: what it is, and what happened to it. */
export function printLicense(license: Json): void {
  const { verdict, facts, events, features, activeDevices, mails, ...plain } = license as Json & {
    verdict: Json
    facts: Json
    features: readonly string[]
    events: readonly Json[]
    activeDevices: readonly Json[]
    mails: readonly Json[]
  }
  const times = new Set(['expiresAt', 'createdAt', 'issuedAt'])
  const rows = Object.entries(plain).map(([name, value]) => [
    name,
    times.has(name) ? day(value) : typeof value === 'object' ? JSON.stringify(value) : value,
  ])
  printTable(
    [],
    [
      ...rows,
      ['features', features.join(', ')],
      ['verdict', `${verdict['code']}`],
      ['facts', JSON.stringify(facts)],
    ],
  )
  if (activeDevices.length > 0) {
    printTable(
      ['device', 'ends with', 'activated'],
      activeDevices.map(({ name, hint, activatedAt }) => [name, hint, day(activatedAt)]),
    )
  }
  if (mails.length > 0) {
    printTable(
      ['mail', 'state', 'since', 'why'],
      mails.map(({ kind, state, at, changedAt, detail }) => [
        kind,
        state,
        day(changedAt ?? at),
        detail,
      ]),
    )
  }
  printTable(
    ['when', 'who', 'what', 'why', 'to'],
    events.map(({ at, actor, action, reason, after, before }) => [
      day(at),
      actor,
      action,
      reason,
      before === null ? '' : JSON.stringify(after),
    ]),
  )
}
