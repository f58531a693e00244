import { describe, expect, it } from '@jest/globals'
import { compare } from '../../scripts/rehearse/compare.ts'
import type { Made } from '../../scripts/rehearse/moto.ts'

const PLACE = { region: 'us-east-1', stack: 'licenses' }
const TEMPLATE = {
  Parameters: { Email: { Default: '' }, Size: { Default: 5 } },
  Conditions: {
    HasEmail: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Email' }, ''] }] },
    HasNone: { 'Fn::Not': [{ Condition: 'HasEmail' }] },
  },
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Verify: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Key: 'verify.zip' },
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Timeout: 10,
        TracingConfig: { Mode: 'Active' },
        Environment: {
          Variables: {
            TABLE: { 'Fn::Sub': `table-\${AWS::Region}` },
            MAILS: { Ref: 'Mails' },
            SIZE: { 'Fn::Sub': [`\${Size}-\${Own}`, { Own: 'own' }] },
            ROLE: { 'Fn::Join': ['/', ['a', { Ref: 'Role' }]] },
            NONE: { 'Fn::If': ['HasEmail', 'mail', { Ref: 'AWS::NoValue' }] },
          },
        },
      },
    },
    Mails: { Type: 'AWS::SES::ConfigurationSet', Condition: 'HasNone' },
    Mail: { Type: 'AWS::SNS::Subscription', Condition: 'HasEmail' },
  },
}
const role = { name: 'Role', type: 'AWS::IAM::Role', id: 'role_1', properties: {} }
const VERIFY = {
  Runtime: 'nodejs24.x',
  Role: 'arn:aws:iam::123456789012:role/role_1',
  Timeout: '10',
  CodeSha256: 'hash',
  TracingConfig: { Mode: 'Active' },
  Environment: {
    Variables: { TABLE: 'table-us-east-1', MAILS: 'mails', SIZE: '5-own', ROLE: 'a/role_1' },
  },
  More: 1,
}

const compared = (changes: object, ...more: Made[]) => {
  const properties = { ...VERIFY, ...changes }
  const verify = { name: 'Verify', type: 'AWS::Lambda::Function', id: 'verify', properties }
  return compare(TEMPLATE, [role, verify, ...more], new Map([['Verify', 'hash']]), PLACE)
}
const otherwise = (changes: object, ...more: Made[]) =>
  Object.fromEntries(compared(changes, ...more).otherwise.get('AWS::Lambda::Function') ?? [])
const mails = { name: 'Mails', type: 'AWS::SES::ConfigurationSet', id: 'mails', properties: null }

describe('what a rehearsal compares', () => {
  it('agrees with what is as the template says, and counts what moto did not make', () => {
    const { types, leftOut, faults } = compared({})
    expect(faults).toEqual([])
    expect(Object.fromEntries(types)).toEqual({
      'AWS::IAM::Role': { wanted: 1, made: 1, read: 1 },
      'AWS::Lambda::Function': { wanted: 1, made: 1, read: 1 },
      'AWS::SES::ConfigurationSet': { wanted: 1, made: 0, read: 0 },
    })
    expect(Object.fromEntries(leftOut)).toEqual({ Mail: 'HasEmail' })
    expect(otherwise({}, mails)).toEqual({})
  })

  it.each([
    ['the code', { CodeSha256: 'other' }, 'Verify: CodeSha256 is "other"'],
    ['the runtime', { Runtime: 'nodejs20.x' }, 'Verify: Runtime is "nodejs20.x"'],
    ['the role', { Role: 'arn:aws:iam::123456789012:role/role' }, /^Verify: Role is "arn/],
    ['what is missing', { Timeout: undefined }, /^Verify: Timeout is/],
  ])('finds a fault in %s', (_, changes, fault) => {
    const { faults } = compared(changes)
    expect(faults).toEqual([expect.stringMatching(fault)])
  })

  it('finds a fault where what moto can make is not there', () => {
    expect(compare(TEMPLATE, [role], new Map(), PLACE).faults).toEqual(['Verify was not made'])
  })

  it('says which settings are otherwise, or name what moto did not make', () => {
    expect(otherwise({ TracingConfig: { Mode: 'PassThrough' } })).toEqual({
      'TracingConfig.Mode': 1,
      'Environment.Variables.MAILS': 1,
    })
    const variables = {
      TABLE: 'table-eu-west-1',
      MAILS: 'mails',
      SIZE: '6-own',
      ROLE: 'a/b/role_1',
    }
    expect(otherwise({ Environment: { Variables: variables } }, mails)).toEqual({
      'Environment.Variables.TABLE': 1,
      'Environment.Variables.SIZE': 1,
      'Environment.Variables.ROLE': 1,
    })
  })

  it('compares texts of JSON by what they say', () => {
    const template = (pattern: object) => ({
      Resources: { Rule: { Type: 'AWS::Events::Rule', Properties: { EventPattern: pattern } } },
    })
    const properties = { EventPattern: '{"source":["aws.ses"],"more":1}' }
    const rule = { name: 'Rule', type: 'AWS::Events::Rule', id: 'rule', properties }
    const settings = (pattern: object) =>
      compare(template(pattern), [rule], new Map(), PLACE).otherwise.size
    expect(settings({ source: ['aws.ses'] })).toBe(0)
    expect(settings({ source: ['aws.sns'] })).toBe(1)
  })
})
