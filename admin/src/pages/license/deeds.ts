/** What can be done to a license: how each is called, what it means, what it asks for and what is sent. */

import type { LicenseDetail, TierName } from '../../api/answers.ts'
import { answerOf, api } from '../../api/client.ts'

/** What a person filled in. */
export interface Filled {
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

export type Asks = 'clearRisk' | 'extend' | 'tier' | 'owner' | 'overlap'

/** The license as it is then, with its key if that was asked for. */
export interface Done {
  readonly id: string
  readonly license?: string
}

export interface Deed {
  readonly name: string
  readonly label: string
  readonly explains: string
  /** Said when it is done. */
  readonly done: string
  readonly asks?: Asks
  readonly kind?: 'danger'
  /** `typed`: the person types whose license it is; `checked`: the person says so. */
  readonly confirm?: 'typed' | 'checked'
  readonly reasonHint?: string
  /** Whether there is any sense in it now. */
  readonly isFor?: (license: LicenseDetail) => boolean
  readonly send: (license: LicenseDetail, filled: Filled) => Promise<Done>
}

const asked = ({ id, version }: LicenseDetail, { reason }: Filled) => ({
  params: { path: { id } },
  body: { reason: reason.trim(), version },
})

const trimmed = (text: string) => text.trim()

/** Only what is different: an empty address is none. */
function newOwner({ userId, userEmail }: LicenseDetail, filled: Filled) {
  const nextId = trimmed(filled.userId)
  const nextEmail = trimmed(filled.userEmail) || null
  return {
    ...(nextId !== '' && nextId !== userId && { userId: nextId }),
    ...(nextEmail !== userEmail && { userEmail: nextEmail }),
  }
}

export const DEEDS: readonly Deed[] = [
  {
    name: 'extend',
    label: 'Extend',
    explains: 'Lets it go on, whatever is paid.',
    done: 'Extended',
    asks: 'extend',
    send(license, filled) {
      const { body, params } = asked(license, filled)
      const until = filled.extendBy === 'until'
      const end = until ? { until: filled.until } : { days: Number(filled.days) }
      return answerOf(
        api.POST('/api/admin/licenses/{id}/extend', { params, body: { ...body, ...end } }),
      )
    },
  },
  {
    name: 'change-tier',
    label: 'Change tier',
    explains: 'Changes what it unlocks at once. The key stays.',
    done: 'The tier is changed',
    asks: 'tier',
    send(license, filled) {
      const { body, params } = asked(license, filled)
      const seats = trimmed(filled.seats)
      return answerOf(
        api.POST('/api/admin/licenses/{id}/change-tier', {
          params,
          body: {
            ...body,
            tier: filled.tier as TierName,
            ...(seats !== '' && { seats: Number(seats) }),
          },
        }),
      )
    },
  },
  {
    name: 'transfer',
    label: 'Transfer',
    explains: 'Gives it to another user, another address, or both. The key stays good.',
    done: 'Transferred',
    asks: 'owner',
    confirm: 'checked',
    send(license, filled) {
      const { body, params } = asked(license, filled)
      return answerOf(
        api.POST('/api/admin/licenses/{id}/transfer', {
          params,
          body: { ...body, ...newOwner(license, filled) },
        }),
      )
    },
  },
  {
    name: 'resend',
    label: 'Resend mail',
    explains: 'Sends the mail with the key once more.',
    done: 'The mail is on its way',
    isFor: ({ userEmail }) => userEmail !== null,
    send: (license, filled) =>
      answerOf(api.POST('/api/admin/licenses/{id}/resend', asked(license, filled))),
  },
  {
    name: 'note',
    label: 'Write a note',
    explains: 'Writes into the history, and changes nothing.',
    done: 'Noted',
    reasonHint: 'This is the note. It can never be removed.',
    send: (license, filled) =>
      answerOf(api.POST('/api/admin/licenses/{id}/note', asked(license, filled))),
  },
  {
    name: 'reveal',
    label: 'Show key',
    explains: 'Shows the key, and writes into the history that you saw it.',
    done: 'The key is shown',
    send: (license, filled) =>
      answerOf(api.POST('/api/admin/licenses/{id}/reveal', asked(license, filled))),
  },
  {
    name: 'reissue',
    label: 'Replace key',
    explains: 'Makes another key, for one that leaked. The customer has to use the new one.',
    done: 'The key is replaced',
    asks: 'overlap',
    kind: 'danger',
    confirm: 'checked',
    send(license, filled) {
      const { body, params } = asked(license, filled)
      const hours = Number(trimmed(filled.overlapHours) || '0')
      return answerOf(
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
    explains: 'Takes back what a person decided. What was paid counts again.',
    done: 'Reinstated',
    asks: 'clearRisk',
    isFor: ({ facts }) => facts.admin !== 'clear' || facts.risk !== 'clear',
    send(license, filled) {
      const { body, params } = asked(license, filled)
      return answerOf(
        api.POST('/api/admin/licenses/{id}/reinstate', {
          params,
          body: { ...body, clearRisk: filled.clearRisk },
        }),
      )
    },
  },
  {
    name: 'suspend',
    label: 'Suspend',
    explains: 'Refuses it from now on, until somebody reinstates it.',
    done: 'Suspended',
    kind: 'danger',
    confirm: 'checked',
    isFor: ({ facts }) => facts.admin === 'clear',
    send: (license, filled) =>
      answerOf(api.POST('/api/admin/licenses/{id}/suspend', asked(license, filled))),
  },
  {
    name: 'revoke',
    label: 'Revoke',
    explains: 'Refuses it for good. No payment brings it back.',
    done: 'Revoked',
    kind: 'danger',
    confirm: 'typed',
    isFor: ({ facts }) => facts.admin !== 'revoked',
    send: (license, filled) =>
      answerOf(api.POST('/api/admin/licenses/{id}/revoke', asked(license, filled))),
  },
]

/** What must be typed so that it is this license and no other. */
export const nameToType = ({ id, userEmail, userId }: LicenseDetail) => userEmail ?? userId ?? id

export const emptyFor = (license: LicenseDetail): Filled => ({
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
