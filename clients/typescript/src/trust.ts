/** A public key as RFC 8037 has it. */
export interface PublicJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly kid: string
}

/** What `/.well-known/jwks.json` answers. Keep a copy in the app: whoever it trusts is decided there, not on the way. */
export interface PublishedKeys {
  readonly keys: readonly PublicJwk[]
  /** What each key says for the next, oldest first. */
  readonly endorsements?: readonly string[]
}

type PublicKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** Public keys by their names. */
export type Trust = ReadonlyMap<string, PublicKey>

/** Why a token is not believed. */
export type Distrust =
  | 'MALFORMED'
  | 'ALGORITHM'
  | 'TYPE'
  | 'UNKNOWN_KEY'
  | 'SIGNATURE'
  | 'NONCE'
  | 'DEVICE'
  | 'NOT_YET'
  | 'EXPIRED'

export type Opened =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: Distrust; readonly kid?: string }

const ED25519 = { name: 'Ed25519' }
const JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

const refuse = (reason: Distrust) => ({ ok: false, reason }) as const

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function objectIn(base64url: string): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(base64url)),
  )
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/**
 * Opens a compact JWS (RFC 7515) if a trusted key signed it with Ed25519 and it is of the type that is wanted. What the
 * token says of itself decides nothing: the algorithm is fixed, and the key is one of the trusted ones or none.
 */
export async function open(token: unknown, type: string, trust: Trust): Promise<Opened> {
  if (typeof token !== 'string') return refuse('MALFORMED')
  const [, head = '', body = '', signature = ''] = JWS.exec(token) ?? []
  try {
    const header = objectIn(head)
    if (!header) return refuse('MALFORMED')
    if (header['alg'] !== 'EdDSA' || header['crit'] !== undefined) return refuse('ALGORITHM')
    if (header['typ'] !== type) return refuse('TYPE')
    const kid = `${header['kid']}`
    const key = trust.get(kid)
    if (!key) return { ok: false, reason: 'UNKNOWN_KEY', kid }
    const signed = new TextEncoder().encode(`${head}.${body}`)
    if (!(await crypto.subtle.verify(ED25519, key, bytesOf(signature), signed))) {
      return refuse('SIGNATURE')
    }
    const claims = objectIn(body)
    return claims ? { ok: true, claims } : refuse('MALFORMED')
  } catch {
    return refuse('MALFORMED')
  }
}

/** More than a service makes in a century, and few enough to look at. */
const MAX_ENDORSEMENTS = 100

/** The endorsements in something that calls itself published keys. */
export function endorsementsIn(published: unknown): readonly string[] {
  const { endorsements }: { endorsements?: unknown } = Object(published)
  return Array.isArray(endorsements)
    ? endorsements.filter((one) => typeof one === 'string').slice(0, MAX_ENDORSEMENTS)
    : []
}

const toKey = ({ kty, crv, x }: PublicJwk) =>
  crypto.subtle.importKey('jwk', { kty, crv, x }, ED25519, false, ['verify'])

/**
 * The keys of an app, and those that a trusted key spoke for, one after the other. What merely stands beside them is not
 * trusted: whoever sits on the line could have put it there.
 *
 * @throws DOMException or TypeError where Web Crypto has no Ed25519
 */
export async function trustIn(
  own: readonly PublicJwk[],
  endorsements: readonly string[],
): Promise<Trust> {
  const trust = new Map<string, PublicKey>()
  for (const jwk of own) trust.set(jwk.kid, await toKey(jwk))
  for (const endorsement of endorsements) {
    const opened = await open(endorsement, 'license-key+jwt', trust)
    const jwk = opened.ok && (opened.claims['jwk'] as PublicJwk | undefined)
    if (jwk && !trust.has(jwk.kid)) trust.set(jwk.kid, await toKey(jwk))
  }
  return trust
}
