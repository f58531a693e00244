import { expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { createTokenStore } from '../../../../lib/store/tokens.ts'
import { NOW } from '../../../support/licenses.ts'
import { aStoreTable, aTable } from '../../../support/table.ts'

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

it('returns tokens as they were added, with every null', async () => {
  const tokens = createTokenStore(aStoreTable(await aTable()))
  await tokens.add(TOKEN)
  expect(await tokens.find('tok_1')).toEqual(TOKEN)
  expect(await tokens.find('tok_2')).toBeUndefined()
  await expect(tokens.add(TOKEN)).rejects.toThrow(StoreUnavailable)
})

it('records the last use of a token once an hour, and creates no token', async () => {
  const tokens = createTokenStore(aStoreTable(await aTable()))
  await tokens.add(TOKEN)
  await tokens.used('tok_1', NOW + 5, NOW)
  await tokens.used('tok_1', NOW + 6, NOW)
  await tokens.used('tok_2', NOW + 6, NOW)
  expect(await tokens.find('tok_1')).toMatchObject({ lastUsedAt: NOW + 5 })
  expect(await tokens.list(9)).toHaveLength(1)
})

it('is unavailable while the database does not respond', async () => {
  const tokens = createTokenStore(aStoreTable('nowhere', 'http://127.0.0.1:1'))
  await expect(tokens.find('tok_1')).rejects.toThrow(StoreUnavailable)
  await expect(tokens.add(TOKEN)).rejects.toThrow(StoreUnavailable)
  await expect(tokens.list(1)).rejects.toThrow(StoreUnavailable)
  await expect(tokens.revoke('tok_1', NOW)).rejects.toThrow(StoreUnavailable)
})
