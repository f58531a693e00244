/**
 * The packaged functions over HTTP, all in this process: what the gateway and Lambda add is not in it, and neither is a
 * development server. Told by its parent which route is of which bundle; tells the port it listens on.
 */

const { createServer } = process.getBuiltinModule('node:http')
const MEMORY = '/bench/memory'

process.once('message', async (routes) => {
  const handlers = new Map()
  for (const [route, bundle] of routes) handlers.set(route, (await import(bundle)).handler)
  const proxies = [...handlers].filter(([route]) => route.endsWith('{proxy+}'))
  const context = { awsRequestId: 'request', functionName: process.env.AWS_LAMBDA_FUNCTION_NAME }

  const http = createServer((request, response) => {
    const [path, query = ''] = request.url.split('?')
    if (path === MEMORY) {
      // What is garbage is no sign of a leak, however much of it there is.
      globalThis.gc()
      return response.end(JSON.stringify(process.memoryUsage()))
    }
    const asked = `${request.method} ${path}`
    const [routeKey, handler] = handlers.has(asked)
      ? [asked, handlers.get(asked)]
      : (proxies.find(([route]) => asked.startsWith(route.slice(0, -8))) ?? [])
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part) => {
      body += part
    })
    request.on('end', async () => {
      if (!handler) return response.writeHead(404).end()
      const event = {
        version: '2.0',
        routeKey,
        rawPath: path,
        rawQueryString: query,
        queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
        headers: request.headers,
        requestContext: {
          requestId: 'request',
          routeKey,
          http: { method: request.method, path, sourceIp: '203.0.113.1', userAgent: 'bench' },
        },
        pathParameters: { proxy: asked.slice(routeKey.length - 8) },
        isBase64Encoded: false,
        body,
      }
      try {
        const answer = await handler(event, context)
        response.writeHead(answer.statusCode, answer.headers).end(answer.body)
      } catch (error) {
        response.writeHead(500).end(`${error}`)
      }
    })
  })
  http.listen(0, '127.0.0.1', () => process.send(http.address().port))
})
