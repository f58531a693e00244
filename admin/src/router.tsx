import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { ErrorPage, LoadingPage, NotFoundPage } from './pages/fallbacks.tsx'
import { parseIssueSearch } from './pages/issue/search.ts'
import { parseListSearch } from './pages/licenses/search.ts'
import { Shell } from './Shell.tsx'

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })

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
    validateSearch: parseListSearch,
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
    validateSearch: parseIssueSearch,
    component: lazyRouteComponent(() => import('./pages/issue/IssuePage.tsx'), 'IssuePage'),
  }),
  createRoute({
    ...at('/bulk'),
    component: lazyRouteComponent(() => import('./pages/bulk/BulkPage.tsx'), 'BulkPage'),
  }),
  createRoute({
    ...at('/unmatched-purchases'),
    component: lazyRouteComponent(
      () => import('./pages/unmatchedPurchases/UnmatchedPurchasesPage.tsx'),
      'UnmatchedPurchasesPage',
    ),
  }),
  // The address of the page before it was renamed, for bookmarks.
  createRoute({
    ...at('/parked'),
    beforeLoad: () => {
      throw redirect({ to: '/unmatched-purchases', replace: true })
    },
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
  // Drops query parameters that the parser of a route does not return.
  search: { strict: true },
  defaultPreload: 'intent',
  defaultErrorComponent: ErrorPage,
  defaultPendingComponent: LoadingPage,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** The cursors of the previous pages of a list. */
    previousCursors?: readonly string[]
  }
}
