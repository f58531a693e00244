/** Ed25519 public key as a JWK (RFC 8037). */
export interface PublicJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly kid: string
}

/** Body of `/.well-known/jwks.json`. Build a copy into the app: keys fetched at run time are not trusted. */
export interface PublishedKeys {
  readonly keys: readonly PublicJwk[]
  /** Tokens by which each key endorses the next one, oldest first. */
  readonly endorsements?: readonly string[]
}

type PublicKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** Trusted public keys by `kid`. */
export type TrustedKeys = ReadonlyMap<string, PublicKey>

/** Reason why a token is refused. */
export type TokenError =
  | 'MALFORMED'
  | 'ALGORITHM'
  | 'TYPE'
  | 'UNKNOWN_KEY'
  | 'SIGNATURE'
  | 'NONCE'
  | 'DEVICE'
  | 'NOT_YET'
  | 'EXPIRED'

export type OpenedJws =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: TokenError; readonly kid?: string }

const ED25519 = { name: 'Ed25519' }
const JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

const refuse = (reason: TokenError) => ({ ok: false, reason }) as const

function decodeBase64(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function decodeObject(base64url: string): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64(base64url)),
  )
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/**
 * Verifies a compact JWS (RFC 7515) and returns its claims. The header of the token has no say: the algorithm is fixed
 * to Ed25519, `typ` must be the expected one, and `kid` only selects one of the trusted keys.
 */
export async function openJws(
  token: unknown,
  type: string,
  trustedKeys: TrustedKeys,
): Promise<OpenedJws> {
  if (typeof token !== 'string') return refuse('MALFORMED')
  const [, head = '', body = '', signature = ''] = JWS.exec(token) ?? []
  try {
    const header = decodeObject(head)
    if (!header) return refuse('MALFORMED')
    if (header['alg'] !== 'EdDSA' || header['crit'] !== undefined) return refuse('ALGORITHM')
    if (header['typ'] !== type) return refuse('TYPE')
    const kid = `${header['kid']}`
    const key = trustedKeys.get(kid)
    if (!key) return { ok: false, reason: 'UNKNOWN_KEY', kid }
    const signed = new TextEncoder().encode(`${head}.${body}`)
    if (!(await crypto.subtle.verify(ED25519, key, decodeBase64(signature), signed))) {
      return refuse('SIGNATURE')
    }
    const claims = decodeObject(body)
    return claims ? { ok: true, claims } : refuse('MALFORMED')
  } catch {
    return refuse('MALFORMED')
  }
}

/** Limits the signatures to verify. A service publishes a few keys per year. */
const MAX_ENDORSEMENTS = 100

/** Returns the endorsements in unvalidated published keys. */
export function getEndorsements(published: unknown): readonly string[] {
  const { endorsements }: { endorsements?: unknown } = Object(published)
  return Array.isArray(endorsements)
    ? endorsements.filter((one) => typeof one === 'string').slice(0, MAX_ENDORSEMENTS)
    : []
}

const importKey = ({ kty, crv, x }: PublicJwk) =>
  crypto.subtle.importKey('jwk', { kty, crv, x }, ED25519, false, ['verify'])

/**
 * Imports the keys that the app was built with, then follows the endorsements: a key is added if a trusted key signed its
 * endorsement. Keys without one are ignored, since an attacker on the network could have added them.
 *
 * @throws DOMException or TypeError where Web Crypto has no Ed25519
 */
export async function importTrustedKeys(
  builtIn: readonly PublicJwk[],
  endorsements: readonly string[],
): Promise<TrustedKeys> {
  const trustedKeys = new Map<string, PublicKey>()
  for (const jwk of builtIn) trustedKeys.set(jwk.kid, await importKey(jwk))
  for (const endorsement of endorsements) {
    const opened = await openJws(endorsement, 'license-key+jwt', trustedKeys)
    const jwk = opened.ok && (opened.claims['jwk'] as PublicJwk | undefined)
    if (jwk && !trustedKeys.has(jwk.kid)) trustedKeys.set(jwk.kid, await importKey(jwk))
  }
  return trustedKeys
}
