import { describe, expect, it } from '@jest/globals'
import { corsOrigins, countedAs, secretIds, serviceName, tableName } from '../../../lib/config.ts'

describe('the environment', () => {
  it('contains the table', () => {
    expect(tableName({ TABLE_NAME: 'licenses' })).toBe('licenses')
  })

  it.each([
    ['https://a.example', ['https://a.example']],
    ['https://a.example , https://b.example', ['https://a.example', 'https://b.example']],
  ])('contains the origins %s', (origins, list) => {
    expect(corsOrigins({ CORS_ORIGINS: origins })).toEqual(list)
  })

  it.each([
    ['TABLE_NAME', tableName],
    ['CORS_ORIGINS', corsOrigins],
  ])('must contain %s', (name, read) => {
    const message = `The environment variable ${name} is not set`
    expect(() => read({ [name]: '' })).toThrow(message)
    expect(() => read({})).toThrow(message)
  })

  it('contains the service of the metrics where there is CloudWatch', () => {
    const env = { ASK_CLOUDWATCH: 'true', POWERTOOLS_SERVICE_NAME: 'license-authority-test' }
    expect(countedAs(env)).toBe('license-authority-test')
    expect(countedAs({ ...env, ASK_CLOUDWATCH: 'false' })).toBeUndefined()
    expect(() => countedAs({ ASK_CLOUDWATCH: 'true' })).toThrow('POWERTOOLS_SERVICE_NAME')
  })

  it.each([
    [' license-authority-test ', 'license-authority-test'],
    [' ', 'service_undefined'],
    [undefined, 'service_undefined'],
  ])('contains the service %p as %s', (POWERTOOLS_SERVICE_NAME, service) => {
    expect(serviceName({ POWERTOOLS_SERVICE_NAME })).toBe(service)
  })

  it('contains the names of the secrets that the function has access to', () => {
    const env = {
      MASTER_KEYS_SECRET: 'dev/master-keys',
      OLDER_MASTER_KEYS_SECRET: 'dev/older-master-keys',
      PEPPER_SECRET: 'dev/pepper',
      ADMIN_TOKEN_SECRET: 'dev/admin-token',
      SIGNING_KEYS_SECRET: 'dev/signing-keys',
      STRIPE_SECRET: '',
    }
    expect(secretIds(env)).toEqual({
      masterKeys: 'dev/master-keys',
      olderMasterKeys: 'dev/older-master-keys',
      pepper: 'dev/pepper',
      adminToken: 'dev/admin-token',
      signingKeys: 'dev/signing-keys',
    })
  })
})
