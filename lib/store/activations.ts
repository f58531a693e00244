import type { AuditEntry } from '../license/index.ts'
import type { LicenseStore } from '../license/store.ts'
import { deviceItemKey, licenseKey } from './item.ts'
import type { Table, Write } from './table.ts'

/**
 * Activates and releases devices. The license stores the number of its devices, and the number of seats is the condition of
 * the write that changes it.
 */
export const createActivations = (
  { transact }: Table,
  putAudit: (audit: AuditEntry) => Write,
): Pick<LicenseStore, 'activate' | 'release'> => ({
  async activate(id, { key, name, hint, activatedAt }, audit, releases) {
    const reasons = await transact([
      {
        Update: {
          Key: deviceItemKey(id, key),
          UpdateExpression:
            'SET #deviceKey = :key, #name = :name, #hint = :hint, #activatedAt = :at REMOVE #releasedAt',
          ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(#releasedAt)',
          ExpressionAttributeValues: {
            ':key': key,
            ':name': name,
            ':hint': hint,
            ':at': activatedAt,
          },
        },
      },
      {
        Update: {
          Key: licenseKey(id),
          UpdateExpression: 'SET #devices = if_not_exists(#devices, :none) + :one',
          ConditionExpression:
            'attribute_exists(pk) AND (attribute_not_exists(#devices) OR #devices < #seats) AND (attribute_not_exists(#releases) OR size(#releases) = :releases)',
          ExpressionAttributeValues: { ':none': 0, ':one': 1, ':releases': releases },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      putAudit(audit),
    ])
    if (!reasons) return 'activated'
    if (reasons[0]?.code === 'ConditionalCheckFailed') return 'known'
    const { devices = 0, seats = 0 } = reasons[1]?.item ?? {}
    return Number(devices) < Number(seats) ? 'stale' : 'full'
  },

  async release(id, key, audit) {
    const reasons = await transact([
      {
        Update: {
          Key: deviceItemKey(id, key),
          UpdateExpression: 'SET #releasedAt = :at',
          ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#releasedAt)',
          ExpressionAttributeValues: { ':at': audit.at },
        },
      },
      {
        Update: {
          Key: licenseKey(id),
          UpdateExpression:
            'SET #devices = #devices - :one, #releases = list_append(if_not_exists(#releases, :none), :now)',
          ExpressionAttributeValues: { ':one': 1, ':none': [], ':now': [audit.at] },
        },
      },
      putAudit(audit),
    ])
    return reasons ? 'unknown' : 'released'
  },
})
