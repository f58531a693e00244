import type { Tone } from '../labels/states.ts'
import { describeEmailState, describeState } from '../labels/states.ts'

interface BadgeProps {
  readonly tone: Tone
  readonly sign?: string
  readonly title?: string
  readonly children: string
}

export function Badge({ tone, sign, title, children }: BadgeProps) {
  return (
    <span className={`badge badge-${tone}`} title={title}>
      {sign !== undefined && <span aria-hidden="true">{sign}</span>}
      {children}
    </span>
  )
}

export function StateBadge({ state, trial = false }: { state: string; trial?: boolean }) {
  const { label, tone, sign, means } = describeState(state)
  return (
    <Badge tone={tone} sign={sign} title={means}>
      {trial ? 'Trial' : label}
    </Badge>
  )
}

export function EmailBadge({ state }: { state: string }) {
  const { label, tone, sign, means } = describeEmailState(state)
  return (
    <Badge tone={tone} sign={sign} title={means}>
      {label}
    </Badge>
  )
}
