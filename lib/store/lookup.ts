import type { LicenseId, LicenseStore } from '../license/index.ts'
import {
  aliasIn,
  deviceItemKey,
  fromDeviceItem,
  fromLicenseItem,
  type Item,
  licenseKey,
} from './item.ts'
import type { Reading } from './read.ts'

/** What verifying asks: one strongly consistent read, and a second for a key that took the place of the license's first. */
export function createLookup({ read }: Reading): Pick<LicenseStore, 'find' | 'lookup'> {
  async function get(id: LicenseId): Promise<Item | undefined> {
    const [item] = await read([licenseKey(id)])
    return item
  }

  const lookup: LicenseStore['lookup'] = async (id, key) => {
    const { sk } = licenseKey(id)
    const items = await read([licenseKey(id), deviceItemKey(id, key)])
    const item = items.find((found) => found['sk'] === sk)
    const aliasOf = item && aliasIn(item)
    if (aliasOf !== undefined) return lookup(aliasOf, key)
    const device = items.find((found) => found['sk'] !== sk)
    return {
      ...(item && { license: fromLicenseItem(item) }),
      ...(device && { device: fromDeviceItem(device) }),
    }
  }

  return {
    async find(id) {
      const item = await get(id)
      const aliasOf = item && aliasIn(item)
      const found = aliasOf === undefined ? item : await get(aliasOf)
      return found && fromLicenseItem(found)
    },
    lookup,
  }
}
