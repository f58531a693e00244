import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'

const run = promisify(execFile)
const MINUTES = 60_000
const CERTIFICATE =
  'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012'

/** Runs the command as a person does. Answers what it printed, and what it left in the folder for such things. */
async function rehearse(PATH: string | undefined, ...args: string[]) {
  const left = await mkdtemp(path.join(tmpdir(), 'license-authority-'))
  try {
    const { code, stdout, stderr } = await run(
      process.execPath,
      ['scripts/rehearse/rehearse.ts', ...args],
      { env: { PATH, HOME: process.env['HOME'], TMPDIR: left } },
    ).then(
      (printed) => ({ code: 0, ...printed }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    return { code, output: `${stdout}${stderr}`, left: await readdir(left) }
  } finally {
    await rm(left, { recursive: true })
  }
}

const emulated = spawnSync('python3', ['-c', 'import boto3, cfnlint, moto.server']).status === 0
if (!emulated) {
  process.stderr.write(
    'moto is not on this machine, so no deployment is rehearsed: pip install "moto[all]"\n',
  )
}

describe('npm run deploy:rehearse', () => {
  it('says in a line what to install where there is no moto, and that is no failure', async () => {
    expect(await rehearse('/nowhere')).toEqual({
      code: 0,
      output: 'Skipped: moto is not on this machine. Install it with: pip install "moto[all]"\n',
      left: [],
    })
  })

  const itRehearses = emulated ? it : it.skip
  itRehearses(
    'deploys the stack, deploys it again, changes it, rolls back and removes it',
    async () => {
      const { code, output, left } = await rehearse(
        process.env['PATH'],
        ...['--stage', 'played', '--param', 'alarmEmail=ops@example.com'],
        ...['--param', 'domain=licenses.example.com', '--param', `certificate=${CERTIFICATE}`],
      )
      expect(output).toContain('The rehearsal went well.')
      expect(code).toBe(0)
      expect(output).toMatch(/^Deployed license-authority-played: \d+ resources$/m)
      expect(output).toMatch(/^Deployed again, unchanged: nothing to do$/m)
      expect(output).toMatch(/^Deployed a change of HealthLambdaFunction$/m)
      expect(output).toMatch(/^Rolled back: the code of before runs again$/m)
      expect(output).toMatch(/^Removed$/m)
      expect(output).toMatch(/^ {2}AWS::DynamoDB::Table +1 of 1$/m)
      expect(output).toMatch(/^ {2}AWS::Lambda::Function +(\d+) of \1$/m)
      expect(output).toMatch(/^ {2}AWS::IAM::Role +(\d+) of \1$/m)
      expect(output).toMatch(/^ {2}AWS::SNS::Topic +1 of 1$/m)
      // What moto cannot do is said.
      expect(output).toMatch(
        /Not rehearsed: moto does not make them\n( {2}.+\n)* {2}AWS::ApiGatewayV2::Api /,
      )
      expect(output).toMatch(/ {2}AWS::DynamoDB::Table TimeToLiveSpecification.Enabled +1/)
      expect(output).toMatch(
        /left out by a condition.*\n( {2}.+\n)* {2}QuietAlarm +HasProdAlarms\n/,
      )
      expect(output).toMatch(/They stay on AWS when the stack is removed\n( {2}\w+\n)* {2}Table\n/)
      expect(output).not.toMatch(/^Wrong$|wanted to reach/m)
      expect(left).toEqual([])
    },
    6 * MINUTES,
  )

  itRehearses(
    'says why it failed, and leaves nothing behind',
    async () => {
      const { code, output, left } = await rehearse(process.env['PATH'], '--stage', 'no_name')
      expect(output).toContain('Invalid stage name')
      expect(output).toContain('The rehearsal failed.')
      expect(code).toBe(1)
      expect(left).toEqual([])
    },
    6 * MINUTES,
  )
})
