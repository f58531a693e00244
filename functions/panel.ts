/**
 * GET /admin…: the files of the admin panel, for the vendor's staff. Served from the origin of the API, so that the page needs
 * no other one. Has no access to secrets or the table.
 */

import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Response } from '../lib/http/response.ts'
import { type Panel, readPanel } from '../lib/panel/files.ts'
import { servePanel } from '../lib/panel/serve.ts'

/** Relative to the working directory of a function and of `npm start`. */
const BUILT = 'admin/dist'

export const createHandler =
  (panel: Panel) =>
  async (event: APIGatewayProxyEventV2): Promise<Response> =>
    servePanel(panel, event)

export const handler = createHandler(readPanel(BUILT))
