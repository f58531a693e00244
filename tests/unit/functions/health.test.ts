import { describe, expect, it } from '@jest/globals'
import { handler } from '../../../functions/health.ts'
import { bodyOf } from '../../support/http.ts'

describe('GET /health', () => {
  it('responds as the seed does', async () => {
    const response = await handler()
    expect(response.statusCode).toBe(200)
    expect(bodyOf(response)).toEqual({ status: 'healthy', service: 'license-generation' })
  })
})
