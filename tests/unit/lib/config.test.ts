import { describe, expect, it } from '@jest/globals'
import { corsOrigins, countedAs, secretIds, serviceName, tableName } from '../../../lib/config.ts'

const ENV = {
  TABLE_NAME: 'licenses',
  CORS_ORIGINS: 'https://a.example,https://b.example',
  MASTER_KEYS_SECRET: 'dev/master-keys',
  OLDER_MASTER_KEYS_SECRET: 'dev/older-master-keys',
  PEPPER_SECRET: 'dev/pepper',
  ADMIN_TOKEN_SECRET: 'dev/admin-token',
  STRIPE_SECRET: 'dev/stripe',
}

describe('the environment', () => {
  it('names the table', () => {
    expect(tableName(ENV)).toBe('licenses')
  })

  it.each([
    ['https://a.example', ['https://a.example']],
    ['https://a.example,https://b.example', ['https://a.example', 'https://b.example']],
  ])('lists the origins %s', (origins, list) => {
    expect(corsOrigins({ CORS_ORIGINS: origins })).toEqual(list)
  })

  it.each([
    ['TABLE_NAME', tableName],
    ['CORS_ORIGINS', corsOrigins],
  ])('is told that %s is not set, or is empty', (name, read) => {
    const message = `The environment variable ${name} is not set`
    expect(() => read({ ...ENV, [name]: undefined })).toThrow(message)
    expect(() => read({ ...ENV, [name]: '' })).toThrow(message)
    expect(() => read({})).toThrow(message)
  })

  it('names the service whose metrics CloudWatch counts, where there is CloudWatch to ask', () => {
    const named = { ASK_CLOUDWATCH: 'true', POWERTOOLS_SERVICE_NAME: 'license-authority-test' }
    expect(countedAs(named)).toBe('license-authority-test')
    expect(countedAs({ ...named, ASK_CLOUDWATCH: 'false' })).toBeUndefined()
    expect(() => countedAs({ ASK_CLOUDWATCH: 'true' })).toThrow('POWERTOOLS_SERVICE_NAME')
  })

  it.each([
    ['license-authority-test', 'license-authority-test'],
    [' license-authority-test ', 'license-authority-test'],
    [' ', 'service_undefined'],
    [undefined, 'service_undefined'],
  ])('names the service by %p: %s', (POWERTOOLS_SERVICE_NAME, service) => {
    expect(serviceName({ ...ENV, POWERTOOLS_SERVICE_NAME })).toBe(service)
  })

  it('names the secrets that the function was given', () => {
    expect(secretIds(ENV)).toEqual({
      masterKeys: 'dev/master-keys',
      olderMasterKeys: 'dev/older-master-keys',
      pepper: 'dev/pepper',
      adminToken: 'dev/admin-token',
      stripe: 'dev/stripe',
    })
  })

  it('names no secret that the function was not given', () => {
    expect(secretIds({})).toEqual({})
    expect(secretIds({ PEPPER_SECRET: 'dev/pepper', STRIPE_SECRET: '' })).toEqual({
      pepper: 'dev/pepper',
    })
  })
})
