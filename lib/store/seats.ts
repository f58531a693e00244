import type { AuditEntry, LicenseStore } from '../license/index.ts'
import { deviceItemKey, licenseKey } from './item.ts'
import type { Requests, Write } from './requests.ts'

/**
 * Gives devices seats and takes them back. What is counted stands on the license itself, and the count is the condition
 * of the write that changes it.
 */
export function createSeats(
  { transact }: Requests,
  table: string,
  putAudit: (audit: AuditEntry) => Write,
): Pick<LicenseStore, 'activate' | 'release'> {
  return {
    async activate(id, { key, name, hint, activatedAt }, audit) {
      const reasons = await transact([
        {
          Update: {
            TableName: table,
            Key: deviceItemKey(id, key),
            UpdateExpression:
              'SET #device = :device, #name = :name, #hint = :hint, #activatedAt = :at REMOVE #releasedAt',
            ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(#releasedAt)',
            ExpressionAttributeNames: {
              '#device': 'deviceKey',
              '#name': 'name',
              '#hint': 'hint',
              '#activatedAt': 'activatedAt',
              '#releasedAt': 'releasedAt',
            },
            ExpressionAttributeValues: {
              ':device': key,
              ':name': name,
              ':hint': hint,
              ':at': activatedAt,
            },
          },
        },
        {
          Update: {
            TableName: table,
            Key: licenseKey(id),
            UpdateExpression: 'SET #devices = if_not_exists(#devices, :none) + :one',
            ConditionExpression:
              'attribute_exists(pk) AND (attribute_not_exists(#devices) OR #devices < #seats)',
            ExpressionAttributeNames: { '#devices': 'devices', '#seats': 'seats' },
            ExpressionAttributeValues: { ':none': 0, ':one': 1 },
          },
        },
        putAudit(audit),
      ])
      if (!reasons) return 'activated'
      return reasons[0]?.Code === 'ConditionalCheckFailed' ? 'known' : 'full'
    },

    async release(id, key, audit) {
      const reasons = await transact([
        {
          Update: {
            TableName: table,
            Key: deviceItemKey(id, key),
            UpdateExpression: 'SET #releasedAt = :at',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#releasedAt)',
            ExpressionAttributeNames: { '#releasedAt': 'releasedAt' },
            ExpressionAttributeValues: { ':at': audit.at },
          },
        },
        {
          Update: {
            TableName: table,
            Key: licenseKey(id),
            UpdateExpression:
              'SET #devices = #devices - :one, #releases = list_append(if_not_exists(#releases, :none), :now)',
            ExpressionAttributeNames: { '#devices': 'devices', '#releases': 'releases' },
            ExpressionAttributeValues: { ':one': 1, ':none': [], ':now': [audit.at] },
          },
        },
        putAudit(audit),
      ])
      return reasons ? 'unknown' : 'released'
    },
  }
}
