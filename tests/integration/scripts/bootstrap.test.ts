import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'

const run = promisify(execFile)
const bootstrap = (...args: string[]) => ['scripts/bootstrap.mjs', ...args]
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

describe('scripts/bootstrap.mjs', () => {
  it('runs the command with the Node of the dependencies and leaves its output alone', async () => {
    const code = 'console.log(process.argv.slice(1).join("|"), process.version)'
    const { stdout, stderr } = await run('node', bootstrap('node', '-e', code, 'a b', '--panel'))
    expect([stdout, stderr]).toEqual([`a b|--panel ${process.version}\n`, ''])
  })

  it('exits with the code of the command', async () => {
    const failed = run('node', bootstrap('node', '-e', 'process.exit(7)'))
    await expect(failed).rejects.toMatchObject({ code: 7 })
    await expect(run('node', bootstrap('no-such-command'))).rejects.toMatchObject({ code: 1 })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('forwards %s', async (signal) => {
    const code = `process.on('${signal}', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready')`
    for (const [script, expected] of [
      [code, [9, null]],
      [code.replace(/^.*?; /, ''), [null, signal]],
    ] as const) {
      const child = spawn('node', bootstrap('node', '-e', script))
      await once(child.stdout, 'data')
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual(expected)
    }
  })
})

describe('package.json', () => {
  it('has at most 25 scripts, all of which work without installed dependencies', () => {
    const { format, hooks, ...others } = scripts
    expect(Object.keys(scripts).length).toBeLessThanOrEqual(25)
    for (const script of Object.values(others)) {
      expect(script).toMatch(/^node scripts\/(?:bootstrap|cli\/bin)\.mjs(?: |$)/)
    }
  })
})
