/**
 * OPTIONS /api/…: may a page of this origin call the API? A function rather than the gateway's own setting, which
 * would open every route of the gateway, the webhook included.
 */

import { preflightEntry } from '../lib/lambda/cors.ts'

export const handler = preflightEntry()
