import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'

/** A public key as in RFC 8037, with its use. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  /** The thumbprint of the key by RFC 7638. */
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'EdDSA'
}

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
}

/** The PKCS #8 header of an Ed25519 private key (RFC 8410), which its 32 bytes follow. */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Separates this key from others that may be derived from the same secret. */
const USE = 'license-authority: signing key'

/** Caches derived keys, since deriving one takes longer than signing. */
const derived = new WeakMap<KeyObject, Promise<SigningKey>>()

/**
 * Returns the key pair that is derived from a secret. HKDF (RFC 5869) derives the private key from any text with enough
 * entropy, so Secrets Manager can generate the first secret.
 */
export function signingKeyOf(secret: KeyObject): Promise<SigningKey> {
  const key = derived.get(secret) ?? deriveKeyPair(secret)
  derived.set(secret, key)
  return key
}

async function deriveKeyPair(secret: KeyObject): Promise<SigningKey> {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', USE, 32))
  const key = Buffer.concat([PKCS8_START, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const jwk = { kty: 'OKP', crv: 'Ed25519', x } as const
  const kid = await calculateJwkThumbprint(jwk)
  return { privateKey, publicJwk: { ...jwk, kid, use: 'sig', alg: 'EdDSA' } }
}
