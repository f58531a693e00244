import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Server, toServer } from '../local/server.ts'

export interface OnlyWay extends Server {
  /** Where else somebody wanted to go. */
  readonly refused: ReadonlySet<string>
}

/** An HTTP proxy that lets through to one address, and nowhere else. */
export async function startOnlyWay(to: string): Promise<OnlyWay> {
  const { host, hostname, port } = new URL(to)
  const refused = new Set<string>()
  const ends = new Set<Duplex>()
  const keep = (end: Duplex) => ends.add(end.on('close', () => ends.delete(end)))
  const http = createServer(({ url = '' }, response) => {
    refused.add(url)
    response.writeHead(403).end()
  })
  http.on('connect', ({ url = '' }, caller, first) => {
    keep(caller.on('error', () => caller.destroy()))
    if (url !== host) {
      refused.add(url)
      caller.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const line = connect(Number(port), hostname, () => {
      caller.write('HTTP/1.1 200 OK\r\n\r\n')
      line.write(first)
      line.pipe(caller).pipe(line)
    })
    keep(line.on('error', () => caller.destroy()))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server = toServer(http)
  return {
    ...server,
    refused,
    async stop() {
      // The ends of a tunnel are no connections of the HTTP server any more.
      for (const end of ends) end.destroy()
      await server.stop()
    },
  }
}
