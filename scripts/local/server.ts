import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something that listens until it is stopped. */
export interface Server {
  readonly url: string
  /** Resolves once it is gone, whoever ended it. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

/** An HTTP server that listens already, as something that can be stopped: at once, whoever is connected. */
export function toServer(http: HttpServer, host = '127.0.0.1'): Server {
  const exited = once(http, 'close').then(() => {})
  return {
    url: `http://${host}:${(http.address() as AddressInfo).port}`,
    exited,
    async stop() {
      http.close()
      http.closeAllConnections()
      await exited
    },
  }
}
