import { createHash, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a token may be used for. */
export const SCOPES = [
  'licenses:issue',
  'licenses:read',
  'licenses:write',
  'tokens:manage',
] as const
export type Scope = (typeof SCOPES)[number]

/** An API token as it is kept: nothing in it lets anybody in. All moments are milliseconds since the epoch. */
export interface Token {
  /** Derived from the token, one way. */
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  /** Who made it: `root` or the id of another token. */
  readonly createdBy: string
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** To the hour. */
  readonly lastUsedAt: number | null
}

/** What is kept of tokens, and where. */
export interface TokenStore {
  /** Reads the newest committed state: a revocation counts from the moment it is written. */
  find(id: string): Promise<Token | undefined>
  add(token: Token): Promise<void>
  /** Answers the token as it is then; one that was revoked before stays as it was. Undefined if there is none. */
  revoke(id: string, at: number): Promise<Token | undefined>
  /** Says that it was used, unless somebody said so since `before`. */
  used(id: string, at: number, before: number): Promise<void>
  /** Newest first; fewer than `limit` are the last. */
  list(
    limit: number,
    after?: { readonly id: string; readonly createdAt: number },
  ): Promise<readonly Token[]>
}

const SECRET_BYTES = 32
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** As many digits of base 62 as 32 bytes can take. */
const SECRET_DIGITS = 43

/** A new token for a stage: 256 random bits, which are shown once. */
export function makeToken(stage: string): string {
  let number = BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`)
  let digits = ''
  for (let place = 0; place < SECRET_DIGITS; place++) {
    digits = BASE62.charAt(Number(number % 62n)) + digits
    number /= 62n
  }
  return `la_${stage}_${digits}`
}

/** What every token looks like; anything else is none. */
export const TOKEN = /^la_[\w-]{1,128}_[0-9A-Za-z]{43}$/

/** What a token is kept under. Whoever reads only the table cannot go back to the token. */
export const tokenId = (token: string, pepper: KeyObject) =>
  `tok_${createHmac('sha256', pepper).update(`token:${token}`).digest('base64url')}`

export const TOKEN_ID = /^tok_[\w-]{43}$/

/** Compares by hashes, so that neither the length nor the content of a secret shows in the time it takes. */
export const isSameSecret = (presented: string, secret: KeyObject) =>
  timingSafeEqual(sha256(presented), sha256(secret.export()))

const sha256 = (value: string | Buffer) => createHash('sha256').update(value).digest()

/** @param now milliseconds since the epoch */
export const isUsable = ({ expiresAt, revokedAt }: Token, now: number) =>
  revokedAt === null && (expiresAt === null || now < expiresAt)
