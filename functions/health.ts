/** GET /health: the service answers. It touches nothing else, so it stays healthy when the database is not. */

import { json } from '../lib/http/response.ts'

export const handler = async () => json(200, { status: 'healthy', service: 'license-generation' })
