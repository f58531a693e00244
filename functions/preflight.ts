/**
 * OPTIONS /api/…: tells browsers which pages may call the API. A function, because the gateway's own CORS setting would open
 * every route, including the webhook.
 */

import { preflightEntry } from '../lib/lambda/cors.ts'

export const handler = preflightEntry()
