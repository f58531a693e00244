import { once } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Server, toServer } from './server.ts'

const UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

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
<title>License Authority: the API</title>
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

/** The API's documentation as a page, on which each route of the service at `apiUrl` can be tried. */
export async function startDocumentation(port: number, apiUrl: string): Promise<Server> {
  const document = JSON.parse(readFileSync('openapi.json', 'utf8'))
  const pages: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '': ['text/html; charset=utf-8', PAGE],
    'start.js': ['text/javascript', START],
    'openapi.json': [
      'application/json',
      JSON.stringify({ ...document, servers: [{ url: apiUrl, description: 'npm start' }] }),
    ],
  }
  const http = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    const [type, text] = (Object.hasOwn(pages, name) && pages[name]) || []
    if (type !== undefined) {
      response.writeHead(200, { 'content-type': type }).end(text)
    } else if (Object.hasOwn(FILES, name)) {
      response.writeHead(200, { 'content-type': FILES[name] })
      createReadStream(path.join(UI, name)).pipe(response)
    } else {
      response.writeHead(404).end()
    }
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return toServer(http, 'localhost')
}
