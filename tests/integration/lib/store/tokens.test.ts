import { describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../../lib/license/index.ts'
import { createTokenStore } from '../../../../lib/store/tokens.ts'
import { NOW } from '../../../support/licenses.ts'
import { aStoreTable, aTable, aWireTable } from '../../../support/table.ts'

const TOKEN = {
  id: 'tok_1',
  name: 'a token',
  scopes: ['licenses:read'],
  createdAt: NOW,
  createdBy: 'root',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
} as const

describe.each([
  ['by the SDK', aStoreTable],
  ['without it', aWireTable],
])('the token store, %s', (_, at) => {
  it('keeps what it is given, with every null', async () => {
    const tokens = createTokenStore(at(await aTable()))
    await tokens.add(TOKEN)
    expect(await tokens.find('tok_1')).toEqual(TOKEN)
    expect(await tokens.find('tok_2')).toBeUndefined()
    await expect(tokens.add(TOKEN)).rejects.toThrow(StoreUnavailable)
  })

  it('says that a token was used once an hour', async () => {
    const tokens = createTokenStore(at(await aTable()))
    await tokens.add(TOKEN)
    await tokens.used('tok_1', NOW + 5, NOW)
    await tokens.used('tok_1', NOW + 6, NOW)
    await tokens.used('tok_2', NOW + 6, NOW)
    expect(await tokens.find('tok_1')).toMatchObject({ lastUsedAt: NOW + 5 })
    expect(await tokens.list(9)).toHaveLength(1)
  })

  it('is unavailable while the database does not answer', async () => {
    const tokens = createTokenStore(at('nowhere', 'http://127.0.0.1:1'))
    await expect(tokens.find('tok_1')).rejects.toThrow(StoreUnavailable)
    await expect(tokens.add(TOKEN)).rejects.toThrow(StoreUnavailable)
    await expect(tokens.list(1)).rejects.toThrow(StoreUnavailable)
    await expect(tokens.revoke('tok_1', NOW)).rejects.toThrow(StoreUnavailable)
  })
})
