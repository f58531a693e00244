import { describe, expect, it } from '@jest/globals'
import { memoryStorage } from '../../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { signingKeyOf } from '../../../lib/signing/key.ts'
import { toKey } from '../../../lib/signing/secret.ts'
import { endorse, signToken } from '../../../lib/signing/token.ts'
import { NOW } from '../../support/licenses.ts'
import { responding, useService } from '../../support/service.ts'

const service = useService()
const { aClient, aKey, activated, admin, cut } = service

describe('an attacker on the network', () => {
  it('cannot replay an earlier response', async () => {
    const { client, key, id } = await activated()
    let earlier = ''
    service.proxy.onResponse = ({ path, body }) => {
      if (path === '/api/verify') earlier = body
    }
    await client.check()
    await admin(id, 'revoke')
    service.proxy.onResponse = (answer) => {
      if (answer.path === '/api/verify') Object.assign(answer, { status: 200, body: earlier })
    }
    expect(await client.verify(key)).toEqual({
      status: 'unknown',
      code: 'UNTRUSTED',
      detail: 'NONCE',
    })
  })

  it('cannot sign with another key, or endorse it', async () => {
    const { key } = await aKey()
    const mine = await signingKeyOf(toKey('mine'))
    const endorsement = await endorse(mine, mine.publicJwk, NOW)
    let nonce = ''
    service.proxy.instead = (request, response) => {
      if (request.url?.startsWith('/.well-known')) {
        const body = { keys: [mine.publicJwk], endorsements: [endorsement] }
        return responding(200, 'application/json', JSON.stringify(body))(request, response)
      }
      request.on('data', (chunk) => {
        nonce = JSON.parse(`${chunk}`).nonce
      })
      request.on('end', async () => {
        const claims = { code: 'VALID', tier: 'lifetime', features: [], nonce }
        const token = await signToken(mine, 'verdict', claims, { now: NOW, until: NOW + DAY_MS })
        response.writeHead(200).end(JSON.stringify({ valid: true, token }))
      })
      return true
    }
    expect(await aClient().verify(key)).toMatchObject({ code: 'UNTRUSTED', detail: 'UNKNOWN_KEY' })
    expect(service.proxy.requests.at(-1)).toMatch(/^\/\.well-known\/jwks\.json\?kid=/)
  })

  it('cannot move a lease to another device', async () => {
    const storage = memoryStorage()
    await activated({ storage, deviceId: 'the-first-device' })
    const copied = aClient({ storage, deviceId: 'the-second-device' })
    expect(await copied.check()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    const again = memoryStorage()
    await activated({ storage: again, deviceId: 'the-first-device' })
    cut()
    expect(await aClient({ storage: again, deviceId: 'the-second-device' }).check()).toEqual({
      status: 'unknown',
      code: 'UNTRUSTED',
      detail: 'DEVICE',
    })
  })
})
