import { expect, it } from '@jest/globals'
import { activateDevice } from '../../../../lib/license/device.ts'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

it('throws StoreUnavailable after too many concurrent device changes', async () => {
  const store = createMemoryStore()
  const { key } = await issued(store)
  let asked = 0
  const restless = {
    ...store,
    activate: async () => {
      asked++
      return 'stale' as const
    },
  }
  const request = { deviceId: 'device', name: null, requestId: 'request_1' }
  const context = { store: restless, keys: someKeys(), now: NOW }
  await expect(activateDevice(context, key, request, 5)).rejects.toThrow(StoreUnavailable)
  expect(asked).toBe(10)
})
