import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A part of the local system that can be stopped. */
export interface Server {
  readonly url: string
  /** Resolves once it has exited, for any reason. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

/** Wraps a listening HTTP server. Stopping it closes open connections. */
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
