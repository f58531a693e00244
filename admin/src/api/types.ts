/** Short names for the request and response types of openapi.json. */

import type { operations } from './schema.ts'

type ResponseBody<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

export type RequestBody<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Body } }
}
  ? Body
  : never

export type License = ResponseBody<'getLicenses'>['items'][number]
export type LicenseDetail = ResponseBody<'getLicensesId'>
export type LicenseEvent = LicenseDetail['events'][number]
export type Scope = ResponseBody<'getSession'>['scopes'][number]
export type Tier = ResponseBody<'getCatalog'>['tiers'][number]
export type Overview = ResponseBody<'getOverview'>
export type UnmatchedPurchase = ResponseBody<'getUnmatchedPurchases'>['items'][number]
export type Token = ResponseBody<'getTokens'>['items'][number]
export type BulkRow = RequestBody<'postLicensesBulk'>['rows'][number]
export type BulkResult = ResponseBody<'postLicensesBulk'>['results'][number]
/** A tier of the catalog. The panel only offers tiers that the API returned. */
export type TierName = RequestBody<'generate'>['tier']
