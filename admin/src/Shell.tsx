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
  { to: '/issue', label: 'Issue a license' },
  { to: '/bulk', label: 'Issue many' },
  { to: '/parked', label: 'Kept aside' },
  { to: '/tokens', label: 'API tokens' },
  { to: '/catalog', label: 'Catalog' },
] as const

const THEME_NAMES: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' }

/** What stands around every page. */
export function Shell() {
  const { data: session } = useQuery(sessionQuery())
  const [isOpen, setOpen] = useState(false)
  const [theme, setTheme] = useState(storedTheme)
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)
  const shown = useRef(pathname)

  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    setOpen(false)
    // Whoever does not see the page is told that it is another one.
    main.current?.focus({ preventScroll: true })
  }, [pathname])

  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="bar">
        <div className="brand">
          <strong>{session?.productName ?? 'License Authority'}</strong>
          {session && (
            <span className={session.livemode ? 'stage stage-live' : 'stage'}>
              {session.stage}
              {session.livemode ? ' · live' : ' · test'}
            </span>
          )}
        </div>
        <button
          type="button"
          className="button button-quiet menu"
          aria-expanded={isOpen}
          aria-controls="places"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <div id="places" className={isOpen ? 'places open' : 'places'}>
          <nav aria-label="Pages">
            {PAGES.map(({ to, label }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
                {label}
              </Link>
            ))}
          </nav>
          <div className="who">
            {session && (
              <p className="hint">Signed in as {session.name ?? 'the token of the secret'}</p>
            )}
            <Select
              label="Colors"
              value={theme}
              onChange={(value) => {
                const chosen = THEMES.find((known) => known === value) ?? 'system'
                setTheme(chosen)
                applyTheme(chosen)
              }}
              options={THEMES.map((value) => ({ value, label: THEME_NAMES[value] }))}
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
