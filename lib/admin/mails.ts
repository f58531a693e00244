/** Whom mails may be sent to. */

import * as z from 'zod/mini'
import { email } from '../http/request.ts'
import { reason } from './fields.ts'
import { aRoute } from './route.ts'

export const MAIL_ROUTES = [
  aRoute({
    method: 'POST',
    path: '/mails/allow',
    scope: 'licenses:write',
    summary:
      'Lets mails go to an address again that they had come back from, or been called spam at.',
    body: z.object({ email, reason }, 'must be an object'),
    answer: z.object({ allowed: z.literal(true) }),
    async respond({ outbox }, { body }) {
      await outbox.allow(body.email)
      return { allowed: true }
    },
  }),
]
