import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Problem } from './problem.ts'

/** Who calls, for the audit trail. */
export interface Caller {
  readonly tokenId: string
}

/**
 * Lets in whoever presents the administrator's token as `Authorization: Bearer <token>`. Both are hashed first, so
 * that neither the length nor the content of the token shows in the time it takes.
 *
 * @throws Problem `UNAUTHORIZED`
 */
export function authenticate({ headers }: APIGatewayProxyEventV2, adminToken: KeyObject): Caller {
  const presented = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  if (presented === undefined || !timingSafeEqual(sha256(presented), sha256(adminToken.export()))) {
    throw new Problem('UNAUTHORIZED')
  }
  return { tokenId: 'root' }
}

const sha256 = (value: string | Buffer) => createHash('sha256').update(value).digest()
