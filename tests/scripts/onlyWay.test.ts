import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Server, toServer } from '../../scripts/local/server.ts'
import { type OnlyWay, startOnlyWay } from '../../scripts/rehearse/onlyWay.ts'

let goal: Server
let way: OnlyWay
beforeAll(async () => {
  const http = createServer((_, response) => response.end('there'))
  await once(http.listen(0, '127.0.0.1'), 'listening')
  goal = toServer(http)
  way = await startOnlyWay(goal.url)
})
afterAll(async () => {
  await way.stop()
  await goal.stop()
})

/** Asks the proxy for a tunnel. Answers the status, and what is said at its other end. */
async function through(path: string) {
  const asked = request(way.url, { method: 'CONNECT', path }).end()
  const [{ statusCode }, socket] = await once(asked, 'connect')
  socket.end('GET / HTTP/1.1\r\nHost: goal\r\nConnection: close\r\n\r\n')
  return { statusCode, said: await text(socket) }
}

describe('the only way of a rehearsal', () => {
  it('leads to one address', async () => {
    const { statusCode, said } = await through(new URL(goal.url).host)
    expect([statusCode, said.split('\r\n').at(-1)]).toEqual([200, 'there'])
    expect([...way.refused]).toEqual([])
  })

  it('leads nowhere else, and says where somebody wanted to go', async () => {
    const { port } = new URL(goal.url)
    const other = `127.0.0.1:${(Number(port) % 65_535) + 1}`
    expect(await through(other)).toEqual({ statusCode: 403, said: '' })
    const asked = request(way.url, { path: 'http://example.com/' }).end()
    const [{ statusCode }] = await once(asked, 'response')
    expect(statusCode).toBe(403)
    expect([...way.refused]).toEqual([other, 'http://example.com/'])
  })
})
