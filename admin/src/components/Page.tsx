import { type ReactNode, useEffect } from 'react'

interface PageProps {
  readonly title: string
  readonly subtitle?: ReactNode
  readonly toolbar?: ReactNode
  readonly children: ReactNode
}

/** A page. Its heading is the title of the browser tab, too. */
export function Page({ title, subtitle, toolbar, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · License Authority`
  }, [title])
  return (
    <>
      <header className="page-head row spread">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {subtitle && <p className="hint">{subtitle}</p>}
        </div>
        {toolbar && <div className="row">{toolbar}</div>}
      </header>
      {children}
    </>
  )
}

interface CardProps {
  readonly title: string
  readonly children: ReactNode
  readonly toolbar?: ReactNode
}

export function Card({ title, children, toolbar }: CardProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="row spread">
        <h2>{title}</h2>
        {toolbar}
      </div>
      {children}
    </section>
  )
}

export function EmptyState({ children }: { children: ReactNode }) {
  return <p className="hint empty">{children}</p>
}

interface SkeletonProps {
  readonly rows?: number
  readonly label?: string
}

/** A placeholder for content that is loading. */
export function Skeleton({ rows = 4, label = 'Loading' }: SkeletonProps) {
  return (
    <div role="status" aria-label={label} className="skeleton">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are identical
        <span key={row} aria-hidden="true" />
      ))}
    </div>
  )
}
