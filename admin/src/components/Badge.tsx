import type { Status, Tone } from '../labels/states.ts'

/** Tells the tones apart without color. */
const SYMBOLS: Readonly<Record<Tone, string>> = {
  success: '●',
  info: '➝',
  warning: '‖',
  danger: '✕',
  neutral: '–',
}

interface BadgeProps {
  readonly tone: Tone
  readonly symbol?: string
  readonly title?: string
  readonly children: string
}

export function Badge({ tone, symbol = SYMBOLS[tone], title, children }: BadgeProps) {
  return (
    <span className={`badge badge-${tone}`} title={title}>
      <span aria-hidden="true">{symbol}</span>
      {children}
    </span>
  )
}

export function StatusBadge({ status }: { status: Status }) {
  const { label, tone, symbol, description } = status
  return (
    <Badge tone={tone} symbol={symbol} title={description}>
      {label}
    </Badge>
  )
}
