/** Names for what the service answers, all of them taken from openapi.json. */

import type { operations } from './schema.ts'

type ResponseBody<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

export type License = ResponseBody<'getLicenses'>['items'][number]
export type LicenseDetail = ResponseBody<'getLicensesId'>
export type LicenseEvent = LicenseDetail['events'][number]
type Session = ResponseBody<'getSession'>
export type Scope = Session['scopes'][number]
type Catalog = ResponseBody<'getCatalog'>
export type Tier = Catalog['tiers'][number]
export type Overview = ResponseBody<'getOverview'>
export type UnmatchedPurchase = ResponseBody<'getParked'>['items'][number]
export type Token = ResponseBody<'getTokens'>['items'][number]
export type BulkResult = ResponseBody<'postLicensesBulk'>['results'][number]

type RequestBody<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Body } }
}
  ? Body
  : never

export type BulkRow = RequestBody<'postLicensesBulk'>['rows'][number]
/** Known to the catalog, which the service itself told of. */
export type TierName = RequestBody<'generate'>['tier']
