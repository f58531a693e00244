import type { LicenseId } from '../license/index.ts'
import type { LicenseStore } from '../license/store.ts'
import {
  aliasIn,
  deviceItemKey,
  fromDeviceItem,
  fromLicenseItem,
  type Item,
  licenseKey,
} from './item.ts'
import type { LookupTable } from './table.ts'

/** Creates the reads of verify: one round trip, two for a reissued key. */
export function createLookup({
  read,
}: Pick<LookupTable, 'read'>): Pick<LicenseStore, 'find' | 'lookup'> {
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
