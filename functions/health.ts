/** GET /health: reports that the functions run. For monitors. It calls no other service, so it is healthy without the table. */

import { json } from '../lib/http/response.ts'

export const handler = async () => json(200, { status: 'healthy', service: 'license-generation' })
