import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { sessionQuery } from './api/queries.ts'
import { Button } from './components/Button.tsx'
import { Select } from './components/Fields.tsx'
import { applyTheme, storedTheme, THEMES, type Theme } from './session/theme.ts'
import { signOut } from './session/token.ts'

const PAGES = [
  { to: '/', label: 'Overview' },
  { to: '/licenses', label: 'Licenses' },
  { to: '/issue', label: 'Issue license' },
  { to: '/bulk', label: 'Bulk issue' },
  { to: '/unmatched-purchases', label: 'Unmatched purchases' },
  { to: '/tokens', label: 'API tokens' },
  { to: '/catalog', label: 'Catalog' },
] as const

const THEME_LABELS: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' }

/** The navigation and the frame of every page. */
export function Shell() {
  const { data: session } = useQuery(sessionQuery())
  const [isOpen, setOpen] = useState(false)
  const [theme, setTheme] = useState(storedTheme)
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)
  const previousPath = useRef(pathname)

  useEffect(() => {
    if (previousPath.current === pathname) return
    previousPath.current = pathname
    setOpen(false)
    // Screen readers announce the new page when it gets the focus.
    main.current?.focus({ preventScroll: true })
  }, [pathname])

  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="sidebar">
        <div className="brand row">
          <strong>{session?.productName ?? 'License Authority'}</strong>
          {session && (
            <span className={session.livemode ? 'badge badge-danger' : 'badge'}>
              {session.stage} · {session.livemode ? 'live mode' : 'test mode'}
            </span>
          )}
        </div>
        <button
          type="button"
          className="button button-quiet menu-button"
          aria-expanded={isOpen}
          aria-controls="menu"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <div id="menu" className={isOpen ? 'menu open' : 'menu'}>
          <nav aria-label="Pages">
            {PAGES.map(({ to, label }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
                {label}
              </Link>
            ))}
          </nav>
          <div className="account stack">
            {session && <p className="hint">Signed in with {session.name ?? 'the root token'}</p>}
            <Select
              label="Theme"
              value={theme}
              onChange={(value) => {
                const selected = THEMES.find((known) => known === value) ?? 'system'
                setTheme(selected)
                applyTheme(selected)
              }}
              options={THEMES.map((value) => ({ value, label: THEME_LABELS[value] }))}
            />
            <Button variant="quiet" onPress={() => signOut()}>
              Sign out
            </Button>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}
