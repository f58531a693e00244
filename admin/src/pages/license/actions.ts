/** What can be done to a license: how each is called, what it means, what it asks for and what is sent. */

import { api, dataOf } from '../../api/client.ts'
import type { LicenseDetail, TierName } from '../../api/types.ts'

/** What a person filled in. */
export interface ActionInput {
  readonly reason: string
  readonly clearRisk: boolean
  readonly extendBy: 'days' | 'until'
  readonly days: string
  readonly until: string
  readonly tier: string
  readonly seats: string
  readonly userId: string
  readonly userEmail: string
  readonly overlapHours: string
}

export type ActionFieldSet = 'clearRisk' | 'extend' | 'tier' | 'owner' | 'overlap'

/** The license as it is then, with its key if that was asked for. */
export interface ActionResult {
  readonly id: string
  readonly license?: string
}

export interface LicenseAction {
  readonly name: string
  readonly label: string
  readonly description: string
  /** Said when it is done. */
  readonly done: string
  readonly fieldSet?: ActionFieldSet
  readonly kind?: 'danger'
  /** `typed`: the person types whose license it is; `checked`: the person says so. */
  readonly confirm?: 'typed' | 'checked'
  readonly reasonHint?: string
  /** Whether there is any sense in it now. */
  readonly isAvailable?: (license: LicenseDetail) => boolean
  readonly send: (license: LicenseDetail, input: ActionInput) => Promise<ActionResult>
}

const asked = ({ id, version }: LicenseDetail, { reason }: ActionInput) => ({
  params: { path: { id } },
  body: { reason: reason.trim(), version },
})

const trimmed = (text: string) => text.trim()

/** Only what is different: an empty address is none. */
function newOwner({ userId, userEmail }: LicenseDetail, input: ActionInput) {
  const nextId = trimmed(input.userId)
  const nextEmail = trimmed(input.userEmail) || null
  return {
    ...(nextId !== '' && nextId !== userId && { userId: nextId }),
    ...(nextEmail !== userEmail && { userEmail: nextEmail }),
  }
}

export const LICENSE_ACTIONS: readonly LicenseAction[] = [
  {
    name: 'extend',
    label: 'Extend',
    description: 'Lets it go on, whatever is paid.',
    done: 'Extended',
    fieldSet: 'extend',
    send(license, input) {
      const { body, params } = asked(license, input)
      const until = input.extendBy === 'until'
      const end = until ? { until: input.until } : { days: Number(input.days) }
      return dataOf(
        api.POST('/api/admin/licenses/{id}/extend', { params, body: { ...body, ...end } }),
      )
    },
  },
  {
    name: 'change-tier',
    label: 'Change tier',
    description: 'Changes what it unlocks at once. The key stays.',
    done: 'The tier is changed',
    fieldSet: 'tier',
    send(license, input) {
      const { body, params } = asked(license, input)
      const seats = trimmed(input.seats)
      return dataOf(
        api.POST('/api/admin/licenses/{id}/change-tier', {
          params,
          body: {
            ...body,
            tier: input.tier as TierName,
            ...(seats !== '' && { seats: Number(seats) }),
          },
        }),
      )
    },
  },
  {
    name: 'transfer',
    label: 'Transfer',
    description: 'Gives it to another user, another address, or both. The key stays good.',
    done: 'Transferred',
    fieldSet: 'owner',
    confirm: 'checked',
    send(license, input) {
      const { body, params } = asked(license, input)
      return dataOf(
        api.POST('/api/admin/licenses/{id}/transfer', {
          params,
          body: { ...body, ...newOwner(license, input) },
        }),
      )
    },
  },
  {
    name: 'resend',
    label: 'Resend mail',
    description: 'Sends the mail with the key once more.',
    done: 'The mail is on its way',
    isAvailable: ({ userEmail }) => userEmail !== null,
    send: (license, input) =>
      dataOf(api.POST('/api/admin/licenses/{id}/resend', asked(license, input))),
  },
  {
    name: 'note',
    label: 'Write a note',
    description: 'Writes into the history, and changes nothing.',
    done: 'Noted',
    reasonHint: 'This is the note. It can never be removed.',
    send: (license, input) =>
      dataOf(api.POST('/api/admin/licenses/{id}/note', asked(license, input))),
  },
  {
    name: 'reveal',
    label: 'Show key',
    description: 'Shows the key, and writes into the history that you saw it.',
    done: 'The key is shown',
    send: (license, input) =>
      dataOf(api.POST('/api/admin/licenses/{id}/reveal', asked(license, input))),
  },
  {
    name: 'reissue',
    label: 'Replace key',
    description: 'Makes another key, for one that leaked. The customer has to use the new one.',
    done: 'The key is replaced',
    fieldSet: 'overlap',
    kind: 'danger',
    confirm: 'checked',
    send(license, input) {
      const { body, params } = asked(license, input)
      const hours = Number(trimmed(input.overlapHours) || '0')
      return dataOf(
        api.POST('/api/admin/licenses/{id}/reissue', {
          params,
          body: { ...body, overlapHours: hours },
        }),
      )
    },
  },
  {
    name: 'reinstate',
    label: 'Reinstate',
    description: 'Takes back what a person decided. What was paid counts again.',
    done: 'Reinstated',
    fieldSet: 'clearRisk',
    isAvailable: ({ facts }) => facts.admin !== 'clear' || facts.risk !== 'clear',
    send(license, input) {
      const { body, params } = asked(license, input)
      return dataOf(
        api.POST('/api/admin/licenses/{id}/reinstate', {
          params,
          body: { ...body, clearRisk: input.clearRisk },
        }),
      )
    },
  },
  {
    name: 'suspend',
    label: 'Suspend',
    description: 'Refuses it from now on, until somebody reinstates it.',
    done: 'Suspended',
    kind: 'danger',
    confirm: 'checked',
    isAvailable: ({ facts }) => facts.admin === 'clear',
    send: (license, input) =>
      dataOf(api.POST('/api/admin/licenses/{id}/suspend', asked(license, input))),
  },
  {
    name: 'revoke',
    label: 'Revoke',
    description: 'Refuses it for good. No payment brings it back.',
    done: 'Revoked',
    kind: 'danger',
    confirm: 'typed',
    isAvailable: ({ facts }) => facts.admin !== 'revoked',
    send: (license, input) =>
      dataOf(api.POST('/api/admin/licenses/{id}/revoke', asked(license, input))),
  },
]

/** What must be typed so that it is this license and no other. */
export const holderName = ({ id, userEmail, userId }: LicenseDetail) => userEmail ?? userId ?? id

export const initialInput = (license: LicenseDetail): ActionInput => ({
  reason: '',
  clearRisk: false,
  extendBy: 'days',
  days: '30',
  until: '',
  tier: license.tier,
  seats: '',
  userId: license.userId ?? '',
  userEmail: license.userEmail ?? '',
  overlapHours: '0',
})
