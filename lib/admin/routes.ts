import type { Catalog } from '../catalog/schema.ts'
import { actionRoutes } from './actions.ts'
import { bulkRoutes } from './bulk.ts'
import { CATALOG_ROUTES } from './catalog.ts'
import { LICENSE_ROUTES } from './licenses.ts'
import { LIST_ROUTES } from './list.ts'
import { OVERVIEW_ROUTES } from './overview.ts'
import type { Route } from './route.ts'
import { SESSION_ROUTES } from './session.ts'
import { SUPPRESSION_ROUTES } from './suppressions.ts'
import { TOKEN_ROUTES } from './tokens.ts'
import { UNMATCHED_PURCHASE_ROUTES } from './unmatchedPurchases.ts'

/** The prefix of every path of the admin API. */
export const ADMIN_PATH = '/api/admin'

/** All routes of the admin API. The router, the documentation and the tests use this list. */
export const adminRoutes = (catalog: Catalog): readonly Route[] => [
  ...SESSION_ROUTES,
  ...CATALOG_ROUTES,
  ...LIST_ROUTES,
  ...OVERVIEW_ROUTES,
  ...LICENSE_ROUTES,
  ...bulkRoutes(catalog),
  ...actionRoutes(catalog),
  ...UNMATCHED_PURCHASE_ROUTES,
  ...SUPPRESSION_ROUTES,
  ...TOKEN_ROUTES,
]
