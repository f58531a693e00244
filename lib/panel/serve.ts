import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Problem } from '../http/problem.ts'
import { problemResponse, type Response } from '../http/response.ts'
import { ENCODINGS, INDEX, type Panel, type PanelFile } from './files.ts'
import { SECURITY_HEADERS } from './headers.ts'

/** The path of the panel. */
const ADMIN = '/admin'

const IMMUTABLE = 'public, max-age=31536000, immutable'

/** Returns a file of the panel, or its page for a path of its router. */
export function servePanel(panel: Panel, { rawPath, headers }: APIGatewayProxyEventV2): Response {
  const file = findFile(panel, rawPath.slice(ADMIN.length + 1))
  if (!file) return notFound(panel)
  const accepted = parseAcceptEncoding(headers['accept-encoding'])
  const [encoding = 'identity'] =
    ENCODINGS.find(([name]) => accepted.has(name) && file.bodies.has(name)) ?? []
  const etag = `"${file.tag}-${encoding}"`
  const common = {
    ...SECURITY_HEADERS,
    'cache-control': file.hashed ? IMMUTABLE : 'no-cache',
    etag,
    vary: 'accept-encoding',
  }
  if (isCached(etag, headers['if-none-match'])) return { statusCode: 304, headers: common }
  return {
    statusCode: 200,
    headers: {
      ...common,
      'content-type': file.type,
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
    body: file.bodies.get(encoding) ?? '',
    isBase64Encoded: true,
  }
}

/** A path without an extension belongs to the router of the page. */
function findFile(panel: Panel, name: string): PanelFile | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1)
  return panel.get(name) ?? (last.includes('.') ? undefined : panel.get(INDEX))
}

function notFound(panel: Panel): Response {
  const error = panel.has(INDEX)
    ? 'File not found'
    : 'The panel is not built; run npm run admin:build'
  return problemResponse(new Problem('NOT_FOUND', { error, headers: SECURITY_HEADERS }))
}

/** Parses Accept-Encoding by RFC 9110 section 12.5.3. The quality 0 rejects an encoding. */
function parseAcceptEncoding(header = ''): ReadonlySet<string> {
  const wanted = header
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((piece) => piece.trim()))
  return new Set(
    wanted.filter(([, quality = '']) => !/^q=0(\.0*)?$/.test(quality)).map(([name = '']) => name),
  )
}

/** Evaluates If-None-Match by RFC 9110 section 13.1.2. */
const isCached = (etag: string, header = '') =>
  header.split(',').some((known) => ['*', etag].includes(known.trim().replace(/^W\//, '')))
