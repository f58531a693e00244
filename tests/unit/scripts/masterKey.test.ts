import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { replaceMasterKey } from '../../../scripts/keys/master.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../../scripts/local/secretsManager.ts'

const NAMES = { current: 'master', older: 'older' }

let service: LocalSecretsManager
let client: SecretsManagerClient
beforeEach(async () => {
  service = await startSecretsManager({ master: '{"current":"1","1":"first"}' })
  client = new SecretsManagerClient({
    endpoint: service.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
})
afterEach(() => service.stop())

const held = (name: string) => JSON.parse(service.secrets.get(name) ?? 'null')

/** Creates a client that fails after some writes, as if its process ended. */
function aClientThatStops(writes: number): Pick<SecretsManagerClient, 'send'> {
  let left = writes
  const send = (command: Parameters<SecretsManagerClient['send']>[0]) => {
    if (command.constructor.name !== 'GetSecretValueCommand' && left-- <= 0) {
      return Promise.reject(new Error('stopped'))
    }
    return client.send(command)
  }
  return { send: send as SecretsManagerClient['send'] }
}

describe('replacing the master key', () => {
  it.each([0, 1])(
    'loses no key when it is interrupted after %i writes, and can be repeated',
    async (writes) => {
      await expect(replaceMasterKey(aClientThatStops(writes), NAMES, 'second')).rejects.toThrow(
        'stopped',
      )
      expect(held('master')).toEqual({ current: '1', 1: 'first' })
      expect(await replaceMasterKey(client, NAMES, 'second')).toEqual({ from: '1', to: '2' })
      expect(held('master')).toEqual({ current: '2', 2: 'second' })
      expect(held('older')).toEqual({ 1: 'first' })
    },
  )

  it('succeeds once for two concurrent calls, and loses no key in two successive ones', async () => {
    const outcomes = await Promise.allSettled([
      replaceMasterKey(client, NAMES, 'mine'),
      replaceMasterKey(client, NAMES, 'yours'),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(held('older')).toEqual({ 1: 'first' })
    const { current, ...keys } = held('master')
    expect(current).toBe('2')
    expect(['mine', 'yours']).toContain(keys[2])
    await replaceMasterKey(client, NAMES, 'third')
    expect(held('older')).toEqual({ 1: 'first', 2: keys[2] })
    expect(held('master')).toEqual({ current: '3', 3: 'third' })
  })

  it('fails if another rotation ran between its two writes, so that no key is lost', async () => {
    const send = async (command: Parameters<SecretsManagerClient['send']>[0]) => {
      const answer = await client.send(command)
      if (command.constructor.name === 'CreateSecretCommand') {
        await replaceMasterKey(client, NAMES, 'theirs')
      }
      return answer
    }
    const meeting = { send: send as SecretsManagerClient['send'] }
    await expect(replaceMasterKey(meeting, NAMES, 'mine')).rejects.toThrow('run the command again')
    expect(held('master')).toEqual({ current: '2', 2: 'theirs' })
    expect(held('older')).toEqual({ 1: 'first' })
  })

  it('moves the older keys of a ring that was written by hand', async () => {
    service.secrets.set('master', '{"current":"b","a":"one","b":"two","7":"seven"}')
    expect(await replaceMasterKey(client, NAMES, 'new')).toEqual({ from: 'b', to: '8' })
    expect(held('older')).toEqual({ a: 'one', b: 'two', 7: 'seven' })
  })

  it.each([
    ['master', '{"current":', 'The secret master contains no valid master keys: correct it first'],
    [
      'older',
      '{"1":"hush"}',
      'The secret older contains another master key of version "1": correct it first',
    ],
    ['older', 'hush', 'The secret older contains no valid master keys: correct it first'],
  ])('changes nothing while %s is %s, and quotes no secret', async (name, text, message) => {
    service.secrets.set(name, text)
    const failure: unknown = await replaceMasterKey(client, NAMES, 'new').catch((error) => error)
    expect(failure).toMatchObject({ message })
    expect(service.writes).toEqual([])
  })

  it('reports a missing secret', async () => {
    service.secrets.delete('master')
    await expect(replaceMasterKey(client, NAMES)).rejects.toThrow('There is no secret master')
  })
})
