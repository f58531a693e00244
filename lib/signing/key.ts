import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'

/** A public key as RFC 8037 has it, with what it is for. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  /** Names the key: its thumbprint by RFC 7638. */
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'EdDSA'
}

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
}

/** What RFC 8410 puts before the 32 bytes of an Ed25519 private key. */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Keeps keys that are made of one secret for different uses apart. */
const USE = 'license-authority: signing key'

/** It takes longer than signing does. */
const made = new WeakMap<KeyObject, Promise<SigningKey>>()

/**
 * The key pair that a secret text stands for. Any text of enough chance does, so that Secrets Manager can make the first
 * one by itself: the 32 bytes of the private key are drawn from it by HKDF (RFC 5869).
 */
export function signingKeyOf(secret: KeyObject): Promise<SigningKey> {
  const key = made.get(secret) ?? makeKey(secret)
  made.set(secret, key)
  return key
}

async function makeKey(secret: KeyObject): Promise<SigningKey> {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', USE, 32))
  const key = Buffer.concat([PKCS8_START, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const jwk = { kty: 'OKP', crv: 'Ed25519', x } as const
  const kid = await calculateJwkThumbprint(jwk)
  return { privateKey, publicJwk: { ...jwk, kid, use: 'sig', alg: 'EdDSA' } }
}
