import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  createLambda,
  InvocationFailed,
  type Lambda,
  TimedOut,
} from '../../../scripts/local/lambda.ts'

let directory: string
let bundle: string
const lambdas: Lambda[] = []

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'lambda-'))
  bundle = path.join(directory, 'function.mjs')
})
afterEach(() => Promise.all(lambdas.splice(0).map((lambda) => lambda.stop())))
afterAll(() => rm(directory, { recursive: true }))

/** Creates a function with a body, which can use `calls`, the number of calls of its environment. */
async function aLambda(body: string, { timeoutSeconds = 20 } = {}) {
  await writeCode(body)
  const lambda = createLambda({
    name: 'stage-function',
    bundle,
    variables: { OWN: 'value' },
    memorySize: 128,
    timeoutSeconds,
  })
  lambdas.push(lambda)
  return lambda
}

const writeCode = (body: string) =>
  writeFile(
    bundle,
    `let calls = 0\nexport async function handler(event, context) {\n  calls += 1\n  ${body}\n}\n`,
  )

const WAIT = 'await new Promise((resolve) => setTimeout(resolve, event.wait))'

describe('a local Lambda', () => {
  it('passes the event, the context and only its own variables', async () => {
    const lambda = await aLambda(
      'return { event, name: context.functionName, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(), env: { ...process.env } }',
    )
    const answer = await lambda.invoke({ a: 1, none: undefined })
    expect(answer).toEqual({
      event: { a: 1 },
      name: 'stage-function',
      memory: '128',
      left: expect.any(Number),
      env: { OWN: 'value' },
    })
    const { left } = answer as { left: number }
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(20_000)
  })

  it('keeps an environment for later invocations', async () => {
    const lambda = await aLambda('return calls')
    expect([await lambda.invoke({}), await lambda.invoke({})]).toEqual([1, 2])
  })

  it('runs one invocation at a time in each environment, and several environments at once', async () => {
    const lambda = await aLambda(`${WAIT}\nreturn calls`)
    expect(await Promise.all([1, 2, 3].map(() => lambda.invoke({ wait: 100 })))).toEqual([1, 1, 1])
  })

  it('queues invocations above ten', async () => {
    const lambda = await aLambda(`${WAIT}\nreturn calls`)
    const answers = await Promise.all(Array.from({ length: 12 }, () => lambda.invoke({ wait: 50 })))
    expect(answers.filter((calls) => calls === 1)).toHaveLength(10)
  })

  it('ends an invocation at the timeout, even in an endless loop', async () => {
    const lambda = await aLambda('if (event.hang) for (;;) {}\nreturn calls', { timeoutSeconds: 3 })
    expect(await lambda.invoke({})).toBe(1)
    await expect(lambda.invoke({ hang: true })).rejects.toThrow(TimedOut)
    expect(await lambda.invoke({})).toBe(1)
  })

  it('fails if the handler throws, and keeps the environment', async () => {
    const lambda = await aLambda('if (event.fail) throw new Error("reason")\nreturn calls')
    const failed = lambda.invoke({ fail: true })
    await expect(failed).rejects.toThrow(InvocationFailed)
    await expect(failed).rejects.toThrow('reason')
    expect(await lambda.invoke({})).toBe(2)
  })

  it.each([
    ['exits', 'process.exit(3)'],
    [
      'throws outside of the handler',
      'setTimeout(() => { throw new Error() })\nawait new Promise(() => {})',
    ],
    ['exceeds its memory', 'const kept = []\nfor (;;) kept.push(new Array(1e6).fill(event))'],
  ])('fails if the environment %s, and continues in a new one', async (_, code) => {
    const lambda = await aLambda(`if (event.fail) { ${code} }\nreturn calls`)
    expect(await lambda.invoke({})).toBe(1)
    await expect(lambda.invoke({ fail: true })).rejects.toThrow(InvocationFailed)
    expect(await lambda.invoke({})).toBe(1)
  })

  it('fails if the bundle cannot be loaded', async () => {
    const lambda = await aLambda('return 1 }\nthrow new Error("no start")\n{')
    await expect(lambda.invoke({})).rejects.toThrow('no start')
  })

  it('runs the new bundle after renew, and completes a running invocation', async () => {
    const lambda = await aLambda(`${WAIT}\nreturn 'old'`)
    await lambda.invoke({ wait: 0 })
    const running = lambda.invoke({ wait: 300 })
    await writeCode("return 'new'")
    lambda.renew()
    expect(await lambda.invoke({})).toBe('new')
    expect(await running).toBe('old')
    expect(await lambda.invoke({})).toBe('new')
  })
})
