import { type ReactNode, useEffect } from 'react'

interface PageProps {
  readonly title: string
  readonly lead?: ReactNode
  readonly tools?: ReactNode
  readonly children: ReactNode
}

/** A page with its one heading, which is the title of the tab too. */
export function Page({ title, lead, tools, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · License Authority`
  }, [title])
  return (
    <>
      <header className="page-head">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {tools && <div className="tools">{tools}</div>}
      </header>
      {children}
    </>
  )
}

interface CardProps {
  readonly title: string
  readonly children: ReactNode
  readonly tools?: ReactNode
}

export function Card({ title, children, tools }: CardProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  )
}

export function EmptyState({ children }: { children: ReactNode }) {
  return <p className="nothing">{children}</p>
}
