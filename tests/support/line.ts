import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Server } from '../../scripts/local/server.ts'

export interface Line extends Server {
  /** `cut`: connections are reset. `mute`: they are taken and nothing ever comes back. */
  state: 'open' | 'cut' | 'mute'
}

/** A line to a real service that a test can cut, as the network does. */
export async function aLine(target: string): Promise<Line> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    return socket
  }

  const tcp = createServer((caller) => {
    keep(caller)
    if (line.state === 'cut') return caller.resetAndDestroy()
    if (line.state === 'mute') return caller.resume()
    const service = keep(connect(Number(port), hostname))
    caller.pipe(service).pipe(caller)
    return
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const exited = once(tcp, 'close').then(() => {})
  let state: Line['state'] = 'open'
  const line: Line = {
    url: `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    get state() {
      return state
    },
    set state(to) {
      state = to
      // What is open already goes the same way as what comes.
      for (const socket of sockets) socket.destroy()
    },
    exited,
    async stop() {
      tcp.close()
      for (const socket of sockets) socket.destroy()
      await exited
    },
  }
  return line
}
