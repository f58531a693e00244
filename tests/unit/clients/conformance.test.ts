import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  importTrustedKeys,
  isRevoked,
  readRevocationList,
  readToken,
  type TrustedKeys,
} from '../../../clients/typescript/src/index.ts'
import { buildVectors, type Vector } from '../../../scripts/conformance/vectors.ts'

const { keys, vectors } = await buildVectors()

let trustedKeys: TrustedKeys
beforeAll(async () => {
  trustedKeys = await importTrustedKeys(keys.keys, keys.endorsements)
})

async function read({ token, deviceId, nonce, now, revocations }: Vector) {
  const found = await readToken(token, {
    trustedKeys,
    deviceId,
    ...(nonce === undefined ? { now } : { nonce }),
  })
  const list = await readRevocationList(revocations, trustedKeys)
  return found.ok && !(list && isRevoked(found.claims, list)) ? found.claims : undefined
}

describe('the conformance vectors', () => {
  it('are up to date: npm run conformance writes them', async () => {
    const written = JSON.parse(await readFile('clients/conformance/vectors.json', 'utf8'))
    expect(written).toEqual(JSON.parse(JSON.stringify({ keys, vectors })))
  })

  it('have unique names, and both outcomes', () => {
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
    expect(new Set(vectors.map(({ accept }) => accept)).size).toBe(2)
  })

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'pass with the TypeScript client: %s',
    async (_, vector) => {
      const claims = await read(vector)
      expect(claims !== undefined).toBe(vector.accept)
      expect(claims?.code).toBe(vector.code)
    },
  )
})

it('a revocation list does not apply to claims without a license', () => {
  const list = { number: 1, revoked: { abc: 2 } }
  expect(isRevoked({ iat: 1 } as never, list as never)).toBe(false)
})

describe('the Python example', () => {
  it('has at most forty lines', async () => {
    const source = await readFile('clients/python/license_token.py', 'utf8')
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  })
})
