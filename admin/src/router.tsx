import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { BrokenPage, MissingPage, WaitingPage } from './pages/fallbacks.tsx'
import { readIssueSearch } from './pages/issue/search.ts'
import { readSearch } from './pages/licenses/search.ts'
import { Shell } from './Shell.tsx'

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: MissingPage })

const at = <const Path extends string>(path: Path) => ({ getParentRoute: () => rootRoute, path })

const routeTree = rootRoute.addChildren([
  createRoute({
    ...at('/'),
    component: lazyRouteComponent(
      () => import('./pages/overview/OverviewPage.tsx'),
      'OverviewPage',
    ),
  }),
  createRoute({
    ...at('/licenses'),
    validateSearch: readSearch,
    component: lazyRouteComponent(
      () => import('./pages/licenses/LicensesPage.tsx'),
      'LicensesPage',
    ),
  }),
  createRoute({
    ...at('/licenses/$id'),
    component: lazyRouteComponent(() => import('./pages/license/LicensePage.tsx'), 'LicensePage'),
  }),
  createRoute({
    ...at('/issue'),
    validateSearch: readIssueSearch,
    component: lazyRouteComponent(() => import('./pages/issue/IssuePage.tsx'), 'IssuePage'),
  }),
  createRoute({
    ...at('/bulk'),
    component: lazyRouteComponent(() => import('./pages/bulk/BulkPage.tsx'), 'BulkPage'),
  }),
  createRoute({
    ...at('/parked'),
    component: lazyRouteComponent(() => import('./pages/parked/ParkedPage.tsx'), 'ParkedPage'),
  }),
  createRoute({
    ...at('/tokens'),
    component: lazyRouteComponent(() => import('./pages/tokens/TokensPage.tsx'), 'TokensPage'),
  }),
  createRoute({
    ...at('/catalog'),
    component: lazyRouteComponent(() => import('./pages/catalog/CatalogPage.tsx'), 'CatalogPage'),
  }),
])

export const router = createRouter({
  routeTree,
  basepath: '/admin',
  // Without it, what the reader of a URL does not take reaches the page all the same.
  search: { strict: true },
  defaultPreload: 'intent',
  defaultErrorComponent: BrokenPage,
  defaultPendingComponent: WaitingPage,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** The cursors of the pages before this one, of a list that is read page by page. */
    trail?: readonly string[]
  }
}
