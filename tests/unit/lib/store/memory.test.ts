import { describe } from '@jest/globals'
import { createMemoryStore } from '../../../../lib/store/memory.ts'
import { itIsALicenseStore } from '../../../support/storeContract.ts'

describe('the memory store', () => {
  itIsALicenseStore(async () => createMemoryStore())
})
