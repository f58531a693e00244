import { describe } from '@jest/globals'
import { createMemoryStore } from '../../../support/memoryStore.ts'
import { itIsALicenseStore } from '../../../support/storeContract.ts'

describe('the in-memory store', () => {
  itIsALicenseStore(async () => createMemoryStore())
})
