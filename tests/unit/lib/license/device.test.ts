import { expect, it } from '@jest/globals'
import { activateDevice } from '../../../../lib/license/device.ts'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

it('throws StoreUnavailable after too many concurrent device changes', async () => {
  const store = createMemoryStore()
  const { key } = await issued(store)
  let attempts = 0
  const contended = {
    ...store,
    activate: async () => {
      attempts++
      return 'stale' as const
    },
  }
  const request = { deviceId: 'device', name: null, requestId: 'request_1' }
  const context = { store: contended, keys: someKeys(), now: NOW }
  await expect(activateDevice(context, key, request, 5)).rejects.toThrow(StoreUnavailable)
  expect(attempts).toBe(10)
})
