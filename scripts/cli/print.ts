import { styleText } from 'node:util'
import type { Json } from './client.ts'

/** Formats milliseconds since the epoch in UTC, and null as `never`. */
export const formatTime = (time: unknown) =>
  typeof time === 'number'
    ? new Date(time).toISOString().replace(/T(\d\d:\d\d).*/, ' $1Z')
    : 'never'

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}

/** Replaces control characters, so that names that customers choose cannot control the terminal. */
export const sanitize = (cell: unknown) => `${cell ?? ''}`.replace(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')

/** Prints rows in aligned columns, below their headings if there are any. */
export function printTable(headings: readonly string[], rows: readonly (readonly unknown[])[]) {
  const texts = rows.map((row) => row.map(sanitize))
  const all = headings.length > 0 ? [headings, ...texts] : texts
  const widths = Array.from({ length: all[0]?.length ?? 0 }, (_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of all) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
    console.log(row === headings ? styleText('bold', line.trimEnd()) : line.trimEnd())
  }
}

export const printLicenses = (items: readonly Json[]) =>
  printTable(
    ['id', 'user', 'email', 'tier', 'state', 'expires', 'created'],
    items.map(({ id, userId, userEmail, tier, state, expiresAt, createdAt }) => [
      id,
      userId,
      userEmail,
      tier,
      state,
      formatTime(expiresAt),
      formatTime(createdAt),
    ]),
  )

const TIMES = new Set(['expiresAt', 'createdAt', 'issuedAt'])

/** Prints a license with its verdict, devices, emails and history. */
export function printLicense(license: Json): void {
  const { verdict, facts, events, features, activeDevices, mails, ...fields } = license as Json & {
    verdict: Json
    facts: Json
    features: readonly string[]
    events: readonly Json[]
    activeDevices: readonly Json[]
    mails: readonly Json[]
  }
  const format = (name: string, value: unknown) => {
    if (TIMES.has(name)) return formatTime(value)
    return typeof value === 'object' ? JSON.stringify(value) : value
  }
  printTable(
    [],
    [
      ...Object.entries(fields).map(([name, value]) => [name, format(name, value)]),
      ['features', features.join(', ')],
      ['verdict', verdict['code']],
      ['facts', JSON.stringify(facts)],
    ],
  )
  if (activeDevices.length > 0) {
    printSection(
      ['device', 'id ends with', 'activated'],
      activeDevices.map(({ name, hint, activatedAt }) => [name, hint, formatTime(activatedAt)]),
    )
  }
  if (mails.length > 0) {
    printSection(
      ['email', 'state', 'since', 'reason'],
      mails.map(({ kind, state, at, changedAt, detail }) => [
        kind,
        state,
        formatTime(changedAt ?? at),
        detail,
      ]),
    )
  }
  printSection(
    ['time', 'actor', 'action', 'reason', 'change'],
    events.map(({ at, actor, action, reason, after, before }) => [
      formatTime(at),
      actor,
      action,
      reason,
      before === null ? '' : JSON.stringify(after),
    ]),
  )
}

function printSection(...table: Parameters<typeof printTable>): void {
  console.log()
  printTable(...table)
}
