import type { ReactNode } from 'react'

interface DescriptionListProps {
  readonly className?: string
  /** Terms and their descriptions; null is displayed as "None". */
  readonly items: Readonly<Record<string, ReactNode>>
}

export function DescriptionList({ className = 'details', items }: DescriptionListProps) {
  return (
    <dl className={className}>
      {Object.entries(items).map(([term, description]) => (
        <div key={term}>
          <dt className="hint">{term}</dt>
          <dd>{description ?? <span className="hint">None</span>}</dd>
        </div>
      ))}
    </dl>
  )
}

export function Tags({ items }: { items: readonly string[] }) {
  return (
    <ul className="row">
      {items.map((item) => (
        <li key={item} className="badge">
          {item}
        </li>
      ))}
    </ul>
  )
}
