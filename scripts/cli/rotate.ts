import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { RETIRED_MS } from '../../lib/signing/ring.ts'
import { replaceMasterKey } from '../keys/master.ts'
import { rotateSigningKeys } from '../keys/signing.ts'
import type { Service } from '../local/service.ts'

type Names = Service['custom']['names']

const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Adds a signing key and prints what follows from it. */
export async function rotateSigningKey(
  client: SecretsManagerClient,
  { signingKeys }: Names,
  isLeaked: boolean,
): Promise<void> {
  const { from, to, signsFrom, dropped } = await rotateSigningKeys(
    client,
    signingKeys,
    Date.now(),
    isLeaked,
  )
  console.log(`New key ${to}`)
  if (isLeaked) {
    console.log('It signs as soon as the functions read it, within ten minutes.')
    console.log('Apps trust the old keys until they are built with the new one:')
    console.log('download jwks.json again and ship an update.')
  } else {
    console.log(`Old key ${from}`)
    console.log(`The new key is published now and signs from ${minute(signsFrom)}.`)
    console.log(`The old key stays published until ${minute(signsFrom + RETIRED_MS)}.`)
  }
  if (dropped > 0) console.log(`${dropped} older key${dropped === 1 ? ' was' : 's were'} removed.`)
}

/** Replaces the master key, by the content of a file or by a random key, and prints what follows from it. */
export async function rotateMasterKey(
  client: SecretsManagerClient,
  { masterKeys, olderMasterKeys }: Names,
  keyFile: string | undefined,
): Promise<void> {
  const key = keyFile === undefined ? undefined : readMasterKey(keyFile)
  const secrets = { current: masterKeys, older: olderMasterKeys }
  const { from, to } = await replaceMasterKey(client, secrets, key)
  console.log(
    `Master key ${to} derives new keys as soon as the functions read it, within ten minutes.`,
  )
  console.log(`Master key ${from} is kept in ${olderMasterKeys} for the keys that it derived.`)
  console.log('Back up both secrets.')
}

/** Decoding bytes that are not UTF-8 would change the key, and with it every license key. */
function readMasterKey(file: string): string {
  const bytes = readFileSync(file)
  if (bytes.length === 0) throw new Error(`${file} is empty`)
  if (!isUtf8(bytes)) throw new Error(`${file} is not UTF-8 text, which a master key must be`)
  return bytes.toString('utf8')
}
