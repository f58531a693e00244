import { once } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Server, toServer } from './server.ts'

const UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>License Authority API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" type="image/png" href="favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
`

const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: false })\n`

/**
 * Serves the API documentation, from which each route of the service at `apiUrl` can be called. Forwards these calls, since
 * the CORS policy of the service does not cover all routes.
 */
export async function startDocumentation(port: number, apiUrl: string): Promise<Server> {
  const document = JSON.parse(readFileSync('openapi.json', 'utf8'))
  const servers = [{ url: '/', description: 'npm start' }]
  const pages: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '': ['text/html; charset=utf-8', PAGE],
    'start.js': ['text/javascript', START],
    'openapi.json': ['application/json', JSON.stringify({ ...document, servers })],
  }
  const http = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    const [type, text] = (Object.hasOwn(pages, name) && pages[name]) || []
    if (type !== undefined) {
      response.writeHead(200, { 'content-type': type }).end(text)
    } else if (Object.hasOwn(FILES, name)) {
      response.writeHead(200, { 'content-type': FILES[name] })
      createReadStream(join(UI, name)).pipe(response)
    } else {
      forward(request, response, apiUrl)
    }
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return toServer(http, 'localhost')
}

/** Forwards a request to the service. */
function forward(request: IncomingMessage, response: ServerResponse, service: string): void {
  const { method, url: path, headers } = request
  const { hostname, port } = new URL(service)
  const forwarded = open({ hostname, port, path, method, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(response)
  })
  forwarded.on('error', () => response.destroy())
  request.pipe(forwarded)
}
