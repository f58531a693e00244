import type { Claim, HeldClaim, License, LicenseStore, ParkedPurchase } from '../license/index.ts'

/** The store in a process's own memory: for tests that want many histories quickly. Keeps the same promises. */
export function createMemoryStore(): LicenseStore {
  const licenses = new Map<string, License>()
  const claims = new Map<string, HeldClaim>()
  const parked = new Map<string, ParkedPurchase>()
  const nameOf = ({ kind, key }: { kind: string; key: string }) => `${kind}#${key}`

  function holderOf(claim: Claim, now: number): HeldClaim | undefined {
    const held = claims.get(nameOf(claim))
    return held && (held.expiresAt ?? Number.POSITIVE_INFINITY) > now ? held : undefined
  }

  return {
    async find(id) {
      return structuredClone(licenses.get(id))
    },

    async issue({ license, claims: wanted }) {
      for (const claim of wanted) {
        const held = holderOf(claim, license.createdAt)
        if (held) return { status: 'claimed', claim: held }
      }
      if (licenses.has(license.id)) return { status: 'taken' }
      licenses.set(license.id, structuredClone(license))
      for (const claim of wanted) {
        claims.set(nameOf(claim), { ...claim, licenseId: license.id })
        if (claim.kind === 'purchase') parked.delete(claim.key)
      }
      return { status: 'issued' }
    },

    async claim(claim, licenseId, now) {
      const held = holderOf(claim, now)
      if (!held) claims.set(nameOf(claim), { ...claim, licenseId })
      return held
    },

    async park(purchase) {
      const claim = nameOf({ kind: 'purchase', key: purchase.purchaseKey })
      if (claims.has(claim) || parked.has(purchase.purchaseKey)) return 'known'
      parked.set(purchase.purchaseKey, purchase)
      return 'parked'
    },
  }
}
