import { describe, expect, it } from '@jest/globals'
import { Problem, type ProblemCode } from '../../../../lib/http/problem.ts'
import { json, problemResponse } from '../../../../lib/http/response.ts'
import { bodyOf } from '../../../support/http.ts'

describe('a JSON response', () => {
  it('must not be cached or sniffed', () => {
    expect(json(200, { key: 'ключ', none: null, left: undefined })).toEqual({
      statusCode: 200,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: '{"key":"ключ","none":null}',
    })
  })

  it('accepts more headers', () => {
    expect(json(503, {}, { 'retry-after': '1' }).headers).toMatchObject({
      'retry-after': '1',
      'cache-control': 'no-store',
    })
  })
})

describe('the response to a problem', () => {
  it('has the error text, code and retryability', () => {
    const { statusCode, headers, ...rest } = problemResponse(new Problem('CONFLICT'))
    expect(statusCode).toBe(409)
    expect(headers).not.toHaveProperty('www-authenticate')
    expect(bodyOf(rest)).toEqual({
      error: 'The request conflicts with an earlier one',
      code: 'CONFLICT',
      retryable: false,
    })
  })

  it('lists the invalid fields', () => {
    const fields = [{ path: 'a.0', message: 'must be a string' }]
    const problem = new Problem('INVALID_REQUEST', { error: 'Own text', fields })
    expect(bodyOf(problemResponse(problem))).toMatchObject({ error: 'Own text', fields })
  })

  it('has the authentication scheme', () => {
    expect(problemResponse(new Problem('UNAUTHORIZED')).headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'cache-control': 'no-store',
    })
  })

  it('omits the cause', () => {
    const problem = new Problem('UNAVAILABLE', { cause: new Error('inside') })
    expect(JSON.stringify(problemResponse(problem))).not.toContain('inside')
  })

  it.each<[ProblemCode, boolean]>([
    ['INVALID_REQUEST', true],
    ['UNAUTHORIZED', true],
    ['TOO_LARGE', true],
    ['INTERNAL', false],
    ['UNAVAILABLE', false],
  ])('of %s includes the fields of the route: %s', (code, joined) => {
    const body = bodyOf(problemResponse(new Problem(code), { valid: false, code: 'OTHER' }))
    expect('valid' in body).toBe(joined)
    expect(body.code).toBe(code)
  })
})
