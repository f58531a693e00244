import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import type { License } from '../license/index.ts'
import { type CountedLicense, toCountedLicense } from '../license/summary.ts'
import type { NoticeRef } from '../mail/outbox.ts'
import { fromLicenseItem, type Item, isLicenseItem, OUTBOX, RECOVERY } from './item.ts'

export interface LicenseChanged {
  readonly before: License
  readonly after: License
}

/** Returns the license of a stream record before and after its change; undefined for all other records. */
export function licenseChangeIn({ dynamodb }: DynamoDBRecord): LicenseChanged | undefined {
  const before = toItem(dynamodb?.OldImage)
  const after = toItem(dynamodb?.NewImage)
  if (!before || !after || !isLicenseItem(before) || !isLicenseItem(after)) return
  return { before: fromLicenseItem(before), after: fromLicenseItem(after) }
}

/** Returns the values to count for a new or changed license; undefined for all other records. */
export function countedIn({ dynamodb }: DynamoDBRecord): CountedLicense | undefined {
  const item = toItem(dynamodb?.NewImage)
  return item && isLicenseItem(item) ? toCountedLicense(fromLicenseItem(item)) : undefined
}

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage']

const toItem = (image: Image): Item | undefined =>
  image && unmarshall(image as Parameters<typeof unmarshall>[0])

/** Returns the notice that a record creates, unless it has a state, as it may in a restored table. */
export function noticeIn({ dynamodb }: DynamoDBRecord): NoticeRef | undefined {
  const item = toItem(dynamodb?.NewImage)
  if (dynamodb?.OldImage || !item || !`${item['sk']}`.startsWith(OUTBOX)) return
  if (item['state'] !== undefined) return
  const { licenseId, kind, period } = item as unknown as NoticeRef
  return { licenseId, kind, period }
}

/** A request to email the keys of an address. */
export interface RecoveryRequest {
  readonly address: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export function recoveryIn({ dynamodb }: DynamoDBRecord): RecoveryRequest | undefined {
  const item = toItem(dynamodb?.NewImage)
  return item?.['sk'] === RECOVERY
    ? { address: `${item['address']}`, at: Number(item['first']) }
    : undefined
}
