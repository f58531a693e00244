/** Names for what the service answers, all of them taken from openapi.json. */

import type { operations } from './schema.ts'

type Answer<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

export type License = Answer<'getLicenses'>['items'][number]
export type LicenseDetail = Answer<'getLicensesId'>
export type LicenseEvent = LicenseDetail['events'][number]
type Session = Answer<'getSession'>
export type Scope = Session['scopes'][number]
type Catalog = Answer<'getCatalog'>
export type Tier = Catalog['tiers'][number]
export type Overview = Answer<'getOverview'>
export type Parked = Answer<'getParked'>['items'][number]
export type Token = Answer<'getTokens'>['items'][number]
export type BulkResult = Answer<'postLicensesBulk'>['results'][number]

type BodyOf<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { 'application/json': infer Body } }
}
  ? Body
  : never

export type BulkRow = BodyOf<'postLicensesBulk'>['rows'][number]
/** Known to the catalog, which the service itself told of. */
export type TierName = BodyOf<'generate'>['tier']
