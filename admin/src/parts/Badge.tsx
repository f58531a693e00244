import type { Tone } from '../words/states.ts'
import { mailWords, stateWords } from '../words/states.ts'

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
  const { label, tone, sign, means } = stateWords(state)
  return (
    <Badge tone={tone} sign={sign} title={means}>
      {trial ? 'Trial' : label}
    </Badge>
  )
}

export function MailBadge({ state }: { state: string }) {
  const { label, tone, sign, means } = mailWords(state)
  return (
    <Badge tone={tone} sign={sign} title={means}>
      {label}
    </Badge>
  )
}
