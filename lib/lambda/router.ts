import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Route } from '../admin/route.ts'
import { ADMIN_PATH } from '../admin/routes.ts'
import { Problem } from '../http/problem.ts'

export interface Routed {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the route of a request.
 *
 * @throws Problem `NOT_FOUND` where there is none
 */
export function createRouter(routes: readonly Route[]): (event: APIGatewayProxyEventV2) => Routed {
  const router = httpRouter({
    routes: routes.map((route) => ({
      method: route.method,
      path: `${ADMIN_PATH}${route.path}`,
      // The gateway's own parameter is the whole path once more.
      handler: ({ pathParameters: { proxy: _, ...params } = {} }: APIGatewayProxyEventV2) => ({
        route,
        params,
      }),
    })),
    notFoundResponse: () => {
      throw new Problem('NOT_FOUND', { error: 'There is no such route' })
    },
  } as never)
  return (event) => router(event as never, {} as never, {} as never) as unknown as Routed
}
