/** Requests per second over HTTP, of the functions behind the local gateway. */

import autocannon from 'autocannon'
import { startGateway } from '../local/gateway.ts'
import { toGenerate, toVerify } from './events.ts'
import type { Stage } from './stage.ts'

const CONNECTIONS = [1, 10, 50]

/** All requests are from one address: verify reads its rate limit once in five seconds. */
export async function measureHttp(
  stage: Stage,
  { license, seconds }: { readonly license: string; readonly seconds: number },
): Promise<readonly object[]> {
  const gateway = await startGateway({
    service: stage.service,
    port: 0,
    directory: '.local/bench-http',
    variables: stage.variablesOf('verify'),
  })
  let users = 0
  const routes = {
    verify: () => toVerify(license),
    generate: () => toGenerate(`http_${++users}`),
  }
  try {
    const rows = []
    for (const [route, createRequest] of Object.entries(routes)) {
      for (const connections of CONNECTIONS) {
        const { rawPath, headers } = createRequest()
        const result = await autocannon({
          url: gateway.url,
          connections,
          duration: seconds,
          warmup: { connections, duration: seconds },
          requests: [
            {
              method: 'POST',
              path: rawPath,
              headers,
              setupRequest: (request) => ({ ...request, body: createRequest().body ?? '' }),
            },
          ],
        } as autocannon.Options)
        if (result.non2xx + result.errors > 0) throw new Error(`${route} failed under load`)
        rows.push({
          route,
          connections,
          'per second': Math.round(result.requests.average),
          'p50 ms': result.latency.p50,
          'p99 ms': result.latency.p99,
        })
      }
    }
    return rows
  } finally {
    await gateway.stop()
  }
}
