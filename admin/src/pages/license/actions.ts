/** The actions of an admin on a license. Each is an API route and appends to the history of the license. */

import { api, dataOf } from '../../api/client.ts'
import type { LicenseDetail, RequestBody, TierName } from '../../api/types.ts'

/** The values of the dialog. */
export interface ActionInput {
  readonly reason: string
  readonly clearRisk: boolean
  /** Either `days` or `until`. */
  readonly extendBy: string
  readonly days: string
  readonly until: string
  readonly tier: string
  readonly seats: string
  readonly userId: string
  readonly userEmail: string
  readonly overlapHours: string
}

export interface ActionResult {
  readonly id: string
  /** The license key, if the action reveals it. */
  readonly license?: string
}

/** The fields of a request other than `reason` and `version`. */
type Fields =
  | Pick<RequestBody<'postLicensesIdExtend'>, 'days' | 'until'>
  | Pick<RequestBody<'postLicensesIdChangeTier'>, 'tier' | 'seats'>
  | Pick<RequestBody<'postLicensesIdTransfer'>, 'userId' | 'userEmail'>
  | Pick<RequestBody<'postLicensesIdReissue'>, 'overlapHours'>
  | Pick<RequestBody<'postLicensesIdReinstate'>, 'clearRisk'>

export interface LicenseAction {
  /** The last segment of the route. */
  readonly name: string
  readonly label: string
  readonly description: string
  /** The toast after success. */
  readonly doneMessage: string
  readonly fieldSet?: 'clearRisk' | 'extend' | 'tier' | 'owner' | 'overlap'
  readonly isDangerous?: boolean
  /** Confirmation by a checkbox or by typing the name of the license holder. */
  readonly confirm?: 'checkbox' | 'name'
  readonly isAvailable?: (license: LicenseDetail) => boolean
  readonly toFields?: (input: ActionInput, license: LicenseDetail) => Fields
}

export const LICENSE_ACTIONS: readonly LicenseAction[] = [
  {
    name: 'extend',
    label: 'Extend',
    description: 'Extends the expiry date regardless of payment.',
    doneMessage: 'License extended',
    fieldSet: 'extend',
    toFields: ({ extendBy, until, days }) =>
      extendBy === 'until' ? { until } : { days: Number(days) },
  },
  {
    name: 'change-tier',
    label: 'Change tier',
    description: 'Changes the tier and its features immediately. The license key stays the same.',
    doneMessage: 'Tier changed',
    fieldSet: 'tier',
    toFields: ({ tier, seats }) => ({
      tier: tier as TierName,
      ...(seats.trim() !== '' && { seats: Number(seats) }),
    }),
  },
  {
    name: 'transfer',
    label: 'Transfer',
    description: 'Assigns the license to another user or email. The license key stays valid.',
    doneMessage: 'License transferred',
    fieldSet: 'owner',
    confirm: 'checkbox',
    toFields: toOwner,
  },
  {
    name: 'resend',
    label: 'Resend email',
    description: 'Sends the email with the license key again.',
    doneMessage: 'Email queued',
    isAvailable: ({ userEmail }) => userEmail !== null,
  },
  {
    name: 'note',
    label: 'Add note',
    description: 'Adds a note to the history without changing the license.',
    doneMessage: 'Note added',
  },
  {
    name: 'reveal',
    label: 'View key',
    description: 'Displays the license key and records this in the history.',
    doneMessage: 'License key displayed',
  },
  {
    name: 'reissue',
    label: 'Replace key',
    description:
      'Creates a new license key, for example after a leak. The customer must enter the new key.',
    doneMessage: 'License key replaced',
    fieldSet: 'overlap',
    isDangerous: true,
    confirm: 'checkbox',
    toFields: ({ overlapHours }) => ({ overlapHours: Number(overlapHours) }),
  },
  {
    name: 'reinstate',
    label: 'Reinstate',
    description: 'Removes the suspension or revocation. The payment status applies again.',
    doneMessage: 'License reinstated',
    fieldSet: 'clearRisk',
    isAvailable: ({ facts }) => facts.admin !== 'clear' || facts.risk !== 'clear',
    toFields: ({ clearRisk }) => ({ clearRisk }),
  },
  {
    name: 'suspend',
    label: 'Suspend',
    description: 'Disables the license until an admin reinstates it.',
    doneMessage: 'License suspended',
    isDangerous: true,
    confirm: 'checkbox',
    isAvailable: ({ facts }) => facts.admin === 'clear',
  },
  {
    name: 'revoke',
    label: 'Revoke',
    description: 'Permanently disables this license. Payments do not restore it.',
    doneMessage: 'License revoked',
    isDangerous: true,
    confirm: 'name',
    isAvailable: ({ facts }) => facts.admin !== 'revoked',
  },
]

/** Returns only the values that changed; an empty email removes the address. */
function toOwner(input: ActionInput, { userId, userEmail }: LicenseDetail) {
  const newId = input.userId.trim()
  const newEmail = input.userEmail.trim() || null
  return {
    ...(newId !== '' && newId !== userId && { userId: newId }),
    ...(newEmail !== userEmail && { userEmail: newEmail }),
  }
}

/**
 * Calls the route of an action.
 *
 * @throws ApiError with status 409 if the license was changed since it was loaded
 */
export function runAction(
  { name, toFields }: LicenseAction,
  license: LicenseDetail,
  input: ActionInput,
): Promise<ActionResult> {
  const { id, version } = license
  const fields = toFields?.(input, license)
  // The routes differ only in their fields, so one of them stands for all types.
  const route = `/api/admin/licenses/{id}/${name}` as '/api/admin/licenses/{id}/reveal'
  return dataOf(
    api.POST(route, {
      params: { path: { id } },
      body: { reason: input.reason.trim(), version, ...fields },
    }),
  )
}

/** Returns the name that an admin types to confirm a revocation. */
export const holderName = ({ id, userEmail, userId }: LicenseDetail) => userEmail ?? userId ?? id

export const initialInput = ({ tier, userId, userEmail }: LicenseDetail): ActionInput => ({
  reason: '',
  clearRisk: false,
  extendBy: 'days',
  days: '30',
  until: '',
  tier,
  seats: '',
  userId: userId ?? '',
  userEmail: userEmail ?? '',
  overlapHours: '0',
})
