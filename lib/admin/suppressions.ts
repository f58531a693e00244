import * as z from 'zod/mini'
import { email } from '../http/request.ts'
import { defineRoute } from './route.ts'
import { reason } from './schemas.ts'

export const SUPPRESSION_ROUTES = [
  defineRoute({
    method: 'POST',
    path: '/mails/allow',
    scope: 'licenses:write',
    summary: 'Allows emails to an address again after a bounce or spam complaint.',
    body: z.object({ email, reason }, 'must be an object'),
    response: z.object({ allowed: z.literal(true) }),
    async respond({ outbox }, { body }) {
      await outbox.allow(body.email)
      return { allowed: true }
    },
  }),
]
