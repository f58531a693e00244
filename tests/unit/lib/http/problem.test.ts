import { describe, expect, it } from '@jest/globals'
import { PROBLEMS, Problem, type ProblemCode } from '../../../../lib/http/problem.ts'

describe('the problems', () => {
  it.each<[ProblemCode, number, boolean]>([
    ['INVALID_REQUEST', 400, false],
    ['INVALID_SIGNATURE', 400, false],
    ['UNAUTHORIZED', 401, false],
    ['FORBIDDEN', 403, false],
    ['NOT_FOUND', 404, false],
    ['CONFLICT', 409, false],
    ['DEVICE_LIMIT_REACHED', 409, false],
    ['TOO_LARGE', 413, false],
    ['INTERNAL', 500, true],
    ['UNAVAILABLE', 503, true],
  ])('give %s the status %d, retryable %s', (code, status, retryable) => {
    expect(PROBLEMS[code]).toMatchObject({ status, retryable })
    expect(new Problem(code)).toMatchObject({ name: 'Problem', code, error: PROBLEMS[code].error })
  })

  it('are retryable exactly for server errors and rate limits', () => {
    expect(Object.keys(PROBLEMS)).toHaveLength(11)
    for (const [code, { status, retryable }] of Object.entries(PROBLEMS)) {
      expect(retryable).toBe(status >= 500 || code === 'RATE_LIMITED')
    }
  })

  it('have the given details', () => {
    const cause = new Error('inside')
    const fields = [{ path: 'tier', message: 'must be a string' }]
    const problem = new Problem('INVALID_REQUEST', { error: 'Own text', fields, cause })
    expect(problem).toBeInstanceOf(Error)
    expect(problem).toMatchObject({ message: 'Own text', error: 'Own text', fields, cause })
  })

  it('have defaults without details', () => {
    const problem = new Problem('CONFLICT')
    expect(problem.fields).toBeUndefined()
    expect(problem.cause).toBeUndefined()
    expect(problem.message).toBe('The request conflicts with an earlier one')
  })
})
