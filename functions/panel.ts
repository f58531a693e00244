/**
 * GET /admin and all below it: the panel for the vendor's people, which is files only. From the same origin as the API
 * that it uses, so that its page may speak to nobody else. Knows no secret and no customer.
 */

import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Response } from '../lib/http/response.ts'
import { type Panel, readPanel } from '../lib/panel/files.ts'
import { servePanel } from '../lib/panel/serve.ts'

/** Below the directory that a function, or npm start, runs in. */
const BUILT = 'admin/dist'

export const createHandler =
  (panel: Panel) =>
  async (event: APIGatewayProxyEventV2): Promise<Response> =>
    servePanel(panel, event)

export const handler = createHandler(readPanel(BUILT))
