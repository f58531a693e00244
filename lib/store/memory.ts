import type {
  Batch,
  Claim,
  HeldClaim,
  License,
  LicenseChange,
  LicenseStore,
  ProviderRecord,
} from '../license/index.ts'

/** The store in a process's own memory: for tests that want many histories quickly. Keeps the same promises. */
export function createMemoryStore(): LicenseStore {
  const licenses = new Map<string, License>()
  const claims = new Map<string, HeldClaim>()
  const records = new Map<string, ProviderRecord>()
  const nameOf = ({ kind, key }: { kind: string; key: string }) => `${kind}#${key}`

  function holderOf(claim: Claim, now: number): HeldClaim | undefined {
    const held = claims.get(nameOf(claim))
    return held && (held.expiresAt ?? Number.POSITIVE_INFINITY) > now ? held : undefined
  }

  /** The license of a batch as it would be once written, unless something stands in the way. */
  function licenseOf({ license }: Batch): License | 'taken' | 'stale' | undefined {
    if (!license) return
    if ('issued' in license) return licenses.has(license.issued.id) ? 'taken' : license.issued
    const current = licenses.get(license.changed)
    if (!current) throw new Error('The license that is to be changed does not exist')
    const { expected = current.version } = license
    return expected === current.version ? changed(current, license.to) : 'stale'
  }

  return {
    async find(id) {
      return structuredClone(licenses.get(id))
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
      for (const claim of batch.claims) {
        claims.set(nameOf(claim), { ...claim, licenseId: license?.id ?? null })
      }
      for (const record of written) {
        records.set(record.id, structuredClone({ ...record, version: record.version + 1 }))
      }
      return { status: 'written' }
    },

    async claim(claim, licenseId, now) {
      const held = holderOf(claim, now)
      if (!held) claims.set(nameOf(claim), { ...claim, licenseId })
      return held
    },

    async recall(ids, names) {
      const found = ids.map((id) => records.get(id)).filter((record) => record !== undefined)
      const held = names
        .map((name) => claims.get(nameOf(name)))
        .filter((claim) => claim !== undefined)
      return structuredClone({ records: found, claims: held })
    },
  }
}

function changed(license: License, change: LicenseChange): License {
  const { admin, billing, risk, ...terms } = { ...license.facts, ...change }
  return { ...license, ...terms, facts: { admin, billing, risk }, version: license.version + 1 }
}
