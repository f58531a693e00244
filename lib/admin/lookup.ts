/** Finding the license of a key. */

import * as z from 'zod/mini'
import { Problem } from '../http/problem.ts'
import { license as keyText } from '../http/request.ts'
import { findLicenseOfKey } from '../license/index.ts'
import { defineRoute } from './route.ts'
import { licenseResponse } from './schemas.ts'
import { toLicenseResponse } from './view.ts'

export const LOOKUP_ROUTES = [
  defineRoute({
    method: 'POST',
    path: '/licenses/lookup',
    scope: 'licenses:read',
    summary:
      'The license of a key that a customer quotes, good or not; also of a key that was replaced. The key is in the ' +
      'body, so that it stands in no URL.',
    body: z.object({ license: keyText }, 'must be an object'),
    response: z.extend(licenseResponse, { replaced: z.boolean() }),
    refusals: ['NOT_FOUND'],
    async respond(context, { body }) {
      const found = await findLicenseOfKey(context, body.license)
      if (!found) throw new Problem('NOT_FOUND', { error: 'There is no license with this key' })
      return { ...toLicenseResponse(found.license, context.now), replaced: found.replaced }
    },
  }),
]
