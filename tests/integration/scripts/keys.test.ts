import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../../scripts/local/secretsManager.ts'
import { runCli } from '../../support/script.ts'

const DAY_MS = 86_400_000
const SECRET = 'license-authority/prod/signing-keys'
const MASTER = 'license-authority/prod/master-keys'
const OLDER = 'license-authority/prod/older-master-keys'

let secretsManager: LocalSecretsManager
beforeAll(async () => {
  secretsManager = await startSecretsManager({
    [SECRET]: 'initial_key',
    [MASTER]: 'bare key',
  })
})
afterAll(() => secretsManager.stop())

const ring = () => JSON.parse(secretsManager.secrets.get(SECRET) ?? '')

async function rotate(...args: string[]) {
  const env = {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
  }
  const { code, stdout, stderr } = await runCli(['rotate', ...args], env)
  return { code, lines: `${stdout}${stderr}`.trim().split('\n') }
}

describe('license-authority rotate', () => {
  it('adds a key that signs in two days, and rejects another rotation before that', async () => {
    const before = Date.now()
    const { code, lines } = await rotate('--stage', 'prod')
    const after = Date.now()
    expect([code, ...lines]).toEqual([
      0,
      expect.stringMatching(/^New key [\w-]{43}$/),
      expect.stringMatching(/^Old key [\w-]{43}$/),
      expect.stringMatching(/^The new key is published now and signs from 20.* UTC\.$/),
      expect.stringMatching(/^The old key stays published until 20.* UTC\.$/),
    ])
    const { keys, endorsements } = ring()
    expect(keys).toEqual([
      { secret: 'initial_key', signsFrom: 0 },
      { secret: expect.stringMatching(/^[\w-]{43}$/), signsFrom: expect.any(Number) },
    ])
    // Rounded to a whole second.
    expect(keys[1].signsFrom).toBeGreaterThanOrEqual(before + 2 * DAY_MS - 1000)
    expect(keys[1].signsFrom).toBeLessThanOrEqual(after + 2 * DAY_MS + 1000)
    expect(endorsements).toHaveLength(1)

    const again = await rotate('--stage', 'prod')
    expect(again).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^error: A new key is published already and signs from 20/)],
    })
    expect(ring().keys).toEqual(keys)
  })

  it('withdraws leaked keys with --now', async () => {
    const { code, lines } = await rotate('--stage', 'prod', '--now')
    expect(code).toBe(0)
    expect(lines).toContain('It signs as soon as the functions read it, within ten minutes.')
    expect(lines).toContain('2 older keys were removed.')
    expect(ring().keys).toHaveLength(1)
  })

  it('prints one line for incorrect usage and for a failure', async () => {
    expect(await rotate()).toEqual({
      code: 2,
      lines: ["error: required option '--stage <stage>' not specified", '(see --help)'],
    })
    const { code, lines } = await rotate('--stage', 'none')
    expect([code, lines.length]).toEqual([1, 1])
    secretsManager.secrets.set(SECRET, '{"keys":"spoilt"}')
    expect(await rotate('--stage', 'prod')).toEqual({
      code: 1,
      lines: [`error: The secret ${SECRET} contains no signing keys: correct it first`],
    })
  })
})

describe('license-authority rotate --master', () => {
  const held = (name: string) => JSON.parse(secretsManager.secrets.get(name) ?? '')

  it('creates a master key and keeps the previous one', async () => {
    const before = secretsManager.writes.length
    const { code, lines } = await rotate('--stage', 'prod', '--master')
    expect([code, ...lines]).toEqual([
      0,
      'Master key 2 derives new keys as soon as the functions read it, within ten minutes.',
      `Master key 1 is kept in ${OLDER} for the keys that it derived.`,
      'Back up both secrets.',
    ])
    expect(held(OLDER)).toEqual({ 1: 'bare key' })
    expect(held(MASTER)).toEqual({ current: '2', 2: expect.stringMatching(/^[0-9a-f]{64}$/) })
    // The older keys are written first, so an interruption loses none.
    expect(secretsManager.writes.slice(before)).toEqual([OLDER, MASTER])
  })

  it('uses every byte of --key-file, and rejects an empty or binary file', async () => {
    const second = held(MASTER)[2]
    const directory = await mkdtemp(path.join(tmpdir(), 'license-authority-keys-'))
    const file = path.join(directory, 'key.txt')
    await writeFile(file, ' schlüssel 🔑\n')
    expect(await rotate('--stage', 'prod', '--master', '--key-file', file)).toMatchObject({
      code: 0,
    })
    expect(held(OLDER)).toEqual({ 1: 'bare key', 2: second })
    expect(held(MASTER)).toEqual({ current: '3', 3: ' schlüssel 🔑\n' })
    await writeFile(file, '')
    expect(await rotate('--stage', 'prod', '--master', '--key-file', file)).toEqual({
      code: 1,
      lines: [`error: ${file} is empty`],
    })
    await writeFile(file, Buffer.from([0xff, 0xfe, 0x41]))
    expect(await rotate('--stage', 'prod', '--master', '--key-file', file)).toEqual({
      code: 1,
      lines: [`error: ${file} is not UTF-8 text, which a master key must be`],
    })
    expect(held(MASTER).current).toBe('3')
    await rm(directory, { recursive: true })
  })

  it.each([
    [['--key-file', 'x'], 1, 'error: --key-file requires --master'],
    [['--master', '--now'], 2, "error: option '--master' cannot be used with option '--now'"],
  ])('rejects %j', async (args, code, line) => {
    const rejected = await rotate('--stage', 'prod', ...args)
    expect(rejected).toMatchObject({ code, lines: [line, ...(code === 2 ? ['(see --help)'] : [])] })
  })
})
