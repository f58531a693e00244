import * as z from 'zod/mini'
import { SCOPES } from '../access/token.ts'
import { defineRoute } from './route.ts'

export const SESSION_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/session',
    scope: null,
    summary: 'Returns the API token of the caller, its scopes, and the service that it belongs to.',
    response: z.object({
      tokenId: z.string(),
      name: z.nullable(z.string()),
      scopes: z.array(z.enum(SCOPES)),
      expiresAt: z.nullable(z.number()),
      stage: z.string(),
      productName: z.string(),
      livemode: z.boolean(),
    }),
    async respond({ caller, stage, catalog, livemode }) {
      return { ...caller, stage, productName: catalog.productName, livemode }
    },
  }),
]
