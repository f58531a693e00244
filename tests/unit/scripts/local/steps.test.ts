import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, jest } from '@jest/globals'
import { createSteps } from '../../../../scripts/local/steps.ts'

function steps({ limitMs = 60_000 } = {}) {
  const stopping = new AbortController()
  const lines: string[] = []
  const step = createSteps({
    signal: stopping.signal,
    limitMs,
    print: (line) => lines.push(line),
  })
  return { step, stopping, lines }
}

/** Waits until its signal aborts. */
const endless = (signal: AbortSignal) => sleep(1e6, undefined, { signal })

describe('a step', () => {
  it('prints its duration, and returns the result of the work', async () => {
    const { step, lines } = steps()
    expect(await step('a part', async () => 'done')).toBe('done')
    expect(lines).toEqual([expect.stringMatching(/^ {2}a part \d+\.\d s$/)])
  })

  it('prints a message every five seconds', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] })
    const { step, lines } = steps()
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = step('a part', () => promise)
    jest.advanceTimersByTime(4999)
    expect(lines).toEqual([])
    jest.advanceTimersByTime(5001)
    expect(lines).toEqual(['Waiting for a part (5 s) ...', 'Waiting for a part (10 s) ...'])
    resolve()
    await running
    jest.useRealTimers()
    expect(lines).toHaveLength(3)
  })

  it('fails with the error of the work', async () => {
    const { step } = steps()
    await expect(step('a part', () => Promise.reject(new Error('reason')))).rejects.toThrow(
      'reason',
    )
  })

  it('ends at the time limit of all steps, even if the work ignores its signal', async () => {
    const { step, lines } = steps({ limitMs: 1000 })
    await expect(step('a part', () => new Promise(() => {}))).rejects.toThrow(
      'Gave up on a part after 1 seconds.',
    )
    await expect(step('another', endless)).rejects.toThrow('Gave up on another after 1 seconds.')
    expect(lines).toEqual([])
  })

  it('ends when the start is stopped', async () => {
    const { step, stopping } = steps()
    const running = step('a part', endless)
    stopping.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
    const work = jest.fn(endless)
    await expect(step('another', work)).rejects.toThrow('stopped')
    expect(work).not.toHaveBeenCalled()
  })

  it('names the limit in minutes', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
    await expect(steps({ limitMs: 300_000 }).step('a part', endless)).rejects.toThrow(
      'Gave up on a part after 5 minutes.',
    )
    expect(timeout).toHaveBeenCalledWith(300_000)
  })
})
