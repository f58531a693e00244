import {
  type AuditEntry,
  applyChange,
  type Device,
  evaluate,
  type License,
  type LicenseId,
} from '../../lib/license/index.ts'
import {
  type Batch,
  type Claim,
  type ExistingClaim,
  type LicenseStore,
  type Position,
  type ProviderRecord,
  type Selection,
  toSortOrder,
} from '../../lib/license/store.ts'

/** A license store in memory, for tests of many histories. Passes the store contract. */
export function createMemoryStore(): LicenseStore {
  const licenses = new Map<string, License>()
  const claims = new Map<string, ExistingClaim>()
  const records = new Map<string, ProviderRecord>()
  const aliases = new Map<LicenseId, LicenseId>()
  const entries: AuditEntry[] = []
  const devices = new Map<LicenseId, Map<Device['key'], Device>>()
  const nameOf = ({ kind, key }: { kind: string; key: string }) => `${kind}#${key}`

  function holderOf(claim: Claim, now: number): ExistingClaim | undefined {
    const held = claims.get(nameOf(claim))
    return held && (held.expiresAt ?? Number.POSITIVE_INFINITY) > now ? held : undefined
  }

  /** Returns the license as a batch would write it, or the reason why it cannot be written. */
  function licenseOf({ license }: Batch): License | 'taken' | 'stale' | undefined {
    if (!license) return
    if ('issued' in license) {
      const { id } = license.issued
      return licenses.has(id) || aliases.has(id) ? 'taken' : license.issued
    }
    const current = licenses.get(license.changed)
    if (!current) throw new Error('The license that is to be changed does not exist')
    const { expected = current.version, alias } = license
    if (alias && (licenses.has(alias) || aliases.has(alias))) return 'taken'
    if (expected !== current.version) return 'stale'
    return Object.keys(license.to).length > 0
      ? applyChange(current, license.to, license.audit.at)
      : current
  }

  const find = (id: LicenseId) => structuredClone(licenses.get(aliases.get(id) ?? id))

  const ofDevice = (key: Device['key']) =>
    [...licenses.values()].flatMap((license) => {
      const device = devices.get(license.id)?.get(key)
      return device ? { license, position: { id: license.id, at: device.activatedAt } } : []
    })

  function seat(id: LicenseId, device: Device, audit: AuditEntry, by: 1 | -1): boolean {
    const license = licenses.get(id)
    if (!license || (by > 0 && license.devices >= license.seats)) return false
    const releases = by > 0 ? license.releases : [...license.releases, audit.at]
    licenses.set(id, { ...license, devices: license.devices + by, releases })
    devices.set(id, new Map([...(devices.get(id) ?? []), [device.key, device]]))
    entries.push(structuredClone(audit))
    return true
  }

  return {
    async find(id) {
      return find(id)
    },

    async lookup(id, key) {
      const license = find(id)
      const device = license && devices.get(license.id)?.get(key)
      return structuredClone({ ...(license && { license }), ...(device && { device }) })
    },

    async devices(id) {
      return structuredClone([...(devices.get(id)?.values() ?? [])])
    },

    async activate(id, device, audit, releases) {
      if (devices.get(id)?.get(device.key)?.releasedAt === null) return 'known'
      const license = licenses.get(id)
      if (license && license.devices < license.seats && license.releases.length !== releases) {
        return 'stale'
      }
      return seat(id, device, audit, 1) ? 'activated' : 'full'
    },

    async release(id, key, audit) {
      const device = devices.get(id)?.get(key)
      if (device?.releasedAt !== null) return 'unknown'
      seat(id, { ...device, releasedAt: audit.at }, audit, -1)
      return 'released'
    },

    async commit(batch) {
      const written = batch.records ?? []
      const { absent = {} } = batch
      if (
        written.some(({ id, version }) => (records.get(id)?.version ?? 0) !== version) ||
        absent.records?.some((id) => records.has(id)) ||
        absent.claims?.some((claim) => claims.has(nameOf(claim)))
      ) {
        return { status: 'stale' }
      }
      for (const claim of batch.claims) {
        const held = holderOf(claim, batch.now)
        if (held) return { status: 'claimed', claim: held }
      }
      const license = licenseOf(batch)
      if (license === 'taken' || license === 'stale') return { status: license }

      if (license) licenses.set(license.id, structuredClone(license))
      if (batch.license) entries.push(structuredClone(batch.license.audit))
      if (license && batch.license && 'alias' in batch.license && batch.license.alias) {
        aliases.set(batch.license.alias, license.id)
      }
      for (const claim of batch.claims) {
        claims.set(nameOf(claim), { ...claim, licenseId: license?.id ?? null })
      }
      for (const record of written) {
        records.set(record.id, structuredClone({ ...record, version: record.version + 1 }))
      }
      return { status: 'written' }
    },

    async list(selection, limit, after) {
      const chosen = (
        selection.by === 'device'
          ? ofDevice(selection.value)
          : [...licenses.values()]
              .filter((license) => isChosen(selection, license))
              .map((license) => ({ license, position: positionOf(selection, license) }))
      ).sort((a, b) => compare(selection, a.position, b.position))
      const rest = after
        ? chosen.filter(({ position }) => compare(selection, position, after) > 0)
        : chosen
      return structuredClone(rest.slice(0, limit))
    },

    async listForReview(limit, after) {
      const later = (a: Waiting, b: Waiting) => b.since - a.since || (a.id < b.id ? 1 : -1)
      const all = [...records.values()]
        .flatMap((record) => {
          const { id, waitingSince: since } = record
          return since === undefined ? [] : [{ record, id, since }]
        })
        .sort(later)
      const rest = after ? all.filter((one) => later(one, after) > 0) : all
      return structuredClone(rest.slice(0, limit).map(({ record }) => record))
    },

    async history(id, { until = Number.POSITIVE_INFINITY, limit }) {
      const own = entries.filter(({ licenseId, at }) => licenseId === id && at <= until)
      return structuredClone(own.reverse().slice(0, limit))
    },

    async claim(claim, licenseId, now) {
      const held = holderOf(claim, now)
      if (!held) claims.set(nameOf(claim), { ...claim, licenseId })
      return held
    },

    async readRecords(ids, names) {
      const found = ids.map((id) => records.get(id)).filter((record) => record !== undefined)
      const held = names
        .map((name) => claims.get(nameOf(name)))
        .filter((claim) => claim !== undefined)
      return structuredClone({ records: found, claims: held })
    },
  }
}

function isChosen(selection: Exclude<Selection, { by: 'device' }>, license: License): boolean {
  if (selection.by === 'creation') return true
  if (selection.by === 'end') {
    const end = endOf(license)
    return end !== null && end >= selection.from && end < selection.before
  }
  if ('start' in selection) {
    const { by, start } = selection
    return (
      textOf(by, license)?.startsWith(by === 'emailStart' ? start.toLowerCase() : start) ?? false
    )
  }
  const own = license[selection.by]
  return selection.by === 'userEmail'
    ? own?.toLowerCase() === selection.value.toLowerCase()
    : own === selection.value
}

/** Returns the expiry before any grace period. */
const endOf = ({ facts }: License) => evaluate(facts, Number.NEGATIVE_INFINITY).expiresAt

interface Waiting {
  readonly id: string
  readonly since: number
}

/** Returns the text of a license that is searched by prefix. */
const textOf = (by: 'userStart' | 'emailStart', { userId, userEmail }: License) =>
  by === 'userStart' ? userId : userEmail?.toLowerCase()

function positionOf(selection: Selection, license: License): Position {
  const { id, createdAt } = license
  if ('start' in selection) return { id, at: textOf(selection.by, license) ?? '' }
  return { id, at: selection.by === 'end' ? (endOf(license) ?? 0) : createdAt }
}

const compare = (selection: Selection, a: Position, b: Position) =>
  (toSortOrder(selection) === 'asc' ? 1 : -1) *
  (compareKeys(a.at, b.at) || (a.id < b.id ? -1 : Number(a.id > b.id)))

/** Compares texts by their bytes, as DynamoDB does. */
const compareKeys = (a: number | string, b: number | string) =>
  typeof a === 'number' && typeof b === 'number'
    ? a - b
    : Buffer.compare(Buffer.from(`${a}`), Buffer.from(`${b}`))
