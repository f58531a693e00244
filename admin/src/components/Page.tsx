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
      <header className="page-head">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {subtitle && <p className="subtitle">{subtitle}</p>}
        </div>
        {toolbar && <div className="buttons">{toolbar}</div>}
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
      <div className="card-head">
        <h2>{title}</h2>
        {toolbar}
      </div>
      {children}
    </section>
  )
}

export function EmptyState({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>
}
