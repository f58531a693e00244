import { createHash, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'

/** The permissions that a token can have. */
export const SCOPES = [
  'licenses:issue',
  'licenses:read',
  'licenses:write',
  'tokens:manage',
] as const
export type Scope = (typeof SCOPES)[number]

/** A stored API token, without its secret. All times are in milliseconds since the epoch. */
export interface Token {
  /** An HMAC of the token. */
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  /** The creator: `root` or the id of another token. */
  readonly createdBy: string
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** Accurate to an hour. */
  readonly lastUsedAt: number | null
}

/** The store of API tokens. */
export interface TokenStore {
  /** Reads strongly consistently, so a revocation takes effect immediately. */
  find(id: string): Promise<Token | undefined>
  add(token: Token): Promise<void>
  /** Returns the revoked token; an earlier revocation stays unchanged. Undefined if the token does not exist. */
  revoke(id: string, at: number): Promise<Token | undefined>
  /** Records a use at `at`, unless one was recorded since `before`. */
  used(id: string, at: number, before: number): Promise<void>
  /** Lists tokens, newest first. Fewer than `limit` means the last page. */
  list(
    limit: number,
    after?: { readonly id: string; readonly createdAt: number },
  ): Promise<readonly Token[]>
}

const SECRET_BYTES = 32
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The number of base-62 digits of 32 bytes. */
const SECRET_DIGITS = 43

/** Creates a token for a stage with 256 random bits. It is shown only once. */
export function makeToken(stage: string): string {
  let number = BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`)
  let digits = ''
  for (let place = 0; place < SECRET_DIGITS; place++) {
    digits = BASE62.charAt(Number(number % 62n)) + digits
    number /= 62n
  }
  return `la_${stage}_${digits}`
}

/** Matches an API token. */
export const TOKEN = /^la_[\w-]{1,128}_[0-9A-Za-z]{43}$/

/** Returns the id under which a token is stored. The token cannot be recovered from it. */
export const tokenId = (token: string, pepper: KeyObject) =>
  `tok_${createHmac('sha256', pepper).update(`token:${token}`).digest('base64url')}`

export const TOKEN_ID = /^tok_[\w-]{43}$/

/** Compares hashes in constant time, so that the duration reveals neither the length nor the content of the secret. */
export const isSameSecret = (presented: string, secret: KeyObject) =>
  timingSafeEqual(sha256(presented), sha256(secret.export()))

const sha256 = (value: string | Buffer) => createHash('sha256').update(value).digest()

/** @param now milliseconds since the epoch */
export const isUsable = ({ expiresAt, revokedAt }: Token, now: number) =>
  revokedAt === null && (expiresAt === null || now < expiresAt)
