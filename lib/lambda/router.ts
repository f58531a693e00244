import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Problem } from '../http/problem.ts'
import type { Response } from '../http/response.ts'

export type RouteHandler<Context> = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<Response>

/**
 * Returns a handler that passes each request to its route, on Middy's router.
 *
 * @param routes by `<method> <path>`; parameters of a path such as `/licenses/{id}` go to `event.pathParameters`
 * @throws Problem `NOT_FOUND` if no route matches
 */
export const router = <Context>(
  routes: Readonly<Record<string, RouteHandler<Context>>>,
): RouteHandler<Context> =>
  // Middy's types know the context of Lambda only.
  httpRouter({
    routes: Object.entries(routes).map(([route, handler]) => {
      const [method, path] = route.split(' ')
      return { method, path, handler }
    }),
    notFoundResponse: () => {
      throw new Problem('NOT_FOUND', { error: 'There is no such route' })
    },
  } as never) as never
