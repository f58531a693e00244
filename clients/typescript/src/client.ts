import { type Answer, type Asking, faultsIn, get, post, textIn } from './ask.ts'
import { createKeeper, type Kept } from './kept.ts'
import {
  type Device,
  type Invalid,
  type LicenseStatus,
  statusOf,
  type Unknown,
  unknown,
} from './status.ts'
import { browserStorage, type Storage } from './storage.ts'
import { type Claims, isRevoked, type Read, readList, readToken, SKEW_SECONDS } from './token.ts'
import { type Distrust, endorsementsIn, type PublishedKeys, type Trust, trustIn } from './trust.ts'

export interface Options {
  /** Where the License Authority is, such as `https://licenses.example.com`. */
  readonly url: string
  /** Its `/.well-known/jwks.json`, as it was when the app was built. Part of the app, never fetched when it runs. */
  readonly keys: PublishedKeys
  /** Where the lease is kept. Without one, the browser's localStorage. */
  readonly storage?: Storage
  /** What names this device and stays the same. Without one, a random text that is kept in the storage. */
  readonly deviceId?: string
  /** Where the list of revocations is, if there is a copy nearer than the service's own. */
  readonly revocationsUrl?: string
  /** How long an answer may take, in milliseconds; 5000 without it. */
  readonly timeoutMs?: number
  /** How often a request that failed is tried again; twice without it. */
  readonly retries?: number
  /** Is told each time that the license which is kept has become something else; the first time as well. */
  readonly onChange?: (status: LicenseStatus) => void
  readonly fetch?: typeof fetch
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** None of its methods rejects, but with what `onChange` throws: what cannot be found out is `unknown`. */
export interface LicenseClient {
  /** Whether any key is good just now. Keeps nothing. */
  verify(license: string): Promise<LicenseStatus>
  /** Gives this device a seat of a license, and keeps its key and a lease. Again is free. */
  activate(license: string, name?: string): Promise<LicenseStatus>
  /** Whether the kept license is good: by asking when that is possible, by the lease when not. */
  check(): Promise<LicenseStatus>
  /** Frees the seat of this device, and forgets the license. */
  deactivate(): Promise<LicenseStatus>
}

interface Believed {
  readonly claims: Claims
  readonly token: string
  readonly answer: Answer
}

/** 128 bits that nobody can guess. */
const random = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/**
 * @throws TypeError for options that can never work. That is so as well where nothing could be kept: each start would take
 * another seat.
 */
export function createLicenseClient(options: Options): LicenseClient {
  const { keys, onChange, now = Date.now } = options
  if (!Array.isArray(keys?.keys)) throw new TypeError('The keys of the service are missing')
  if (!/^https?:\/\//.test(options.url)) throw new TypeError('The url must begin with https://')
  const storage = options.storage ?? browserStorage()
  if (!storage) throw new TypeError('There is no localStorage here: give the client a storage')
  const base = options.url.replace(/\/+$/, '')
  const listUrl = options.revocationsUrl ?? `${base}/.well-known/revocations.jwt`
  const asking: Asking = {
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    timeoutMs: options.timeoutMs ?? 5000,
    retries: options.retries ?? 2,
  }

  const { load, save } = createKeeper(storage, `license ${base}`)
  const trustOf = (known: Pick<Kept, 'endorsements'>) =>
    trustIn(keys.keys, [...endorsementsIn(keys), ...endorsementsIn(known)])
  const deviceOf = ({ deviceId }: Kept) => options.deviceId ?? deviceId

  /** Reads an answer, and learns the keys that a trusted one speaks for when it is signed with one that is new. */
  async function believe(kept: Kept, token: unknown, trust: Trust, sent: Sent): Promise<Read> {
    const read = await readToken(token, { trust, ...sent })
    if (read.ok || read.reason !== 'UNKNOWN_KEY') return read
    const url = `${base}/.well-known/jwks.json?kid=${encodeURIComponent(`${read.kid}`)}`
    const text = await get(asking, url)
    try {
      const endorsements = endorsementsIn(JSON.parse(text ?? ''))
      const learned = await readToken(token, { trust: await trustOf({ endorsements }), ...sent })
      if (learned.ok) kept.endorsements = endorsements
      return learned
    } catch {
      return read
    }
  }

  async function ask(kept: Kept, route: string, license: string, sent: object, isHere: boolean) {
    const trust = await trustOf(kept)
    const nonce = random()
    const deviceId = isHere ? deviceOf(kept) : undefined
    const body = { license, deviceId, nonce, ...sent }
    const answer = await post(asking, base + route, body)
    if (typeof answer === 'string') return unknown('UNREACHABLE', answer)
    const { token, code } = answer.body
    const read = await believe(kept, token, trust, { deviceId, nonce })
    if (!read.ok) {
      return code === 'INVALID_REQUEST'
        ? unknown(code, faultsIn(answer))
        : unknown('UNTRUSTED', read.reason)
    }
    // What the service says of the time counts, also when this device was wrong about it.
    kept.time = read.claims.iat * 1000
    kept.asked = read.claims.iat
    return { claims: read.claims, token: token as string, answer } satisfies Believed
  }

  /** What was known before, while nobody answers. `why`: what came of asking. */
  async function lean(kept: Kept, why: LicenseStatus): Promise<LicenseStatus> {
    const { answer } = kept
    const deviceId = deviceOf(kept)
    if (answer === undefined) return why
    const trust = await trustOf(kept)
    const time = now()
    const read = await readToken(answer, { trust, deviceId, now: time / 1000 })
    if (!read.ok) return unknown(WHY_NO_LEASE[read.reason] ?? 'UNTRUSTED', read.reason)
    const { claims } = read
    if (claims.code !== 'VALID') return statusOf(claims, false, true)
    if (time < (kept.time ?? 0) - SKEW_SECONDS * 1000) return unknown('CLOCK_SET_BACK')
    kept.time = Math.max(time, kept.time ?? 0)

    const list = await readList(await get(asking, listUrl), trust)
    if (list && list.number >= (kept.list ?? 0)) {
      kept.list = list.number
      if (isRevoked(claims, list)) kept.void = true
      else delete kept.void
    }
    return kept.void
      ? { status: 'invalid', code: 'REVOKED', source: 'list' }
      : statusOf(claims, false, true)
  }

  /** What an answer means for the license that is kept. */
  function settle(kept: Kept, { claims, token, answer }: Believed): LicenseStatus {
    kept.answer = token
    delete kept.void
    return withDevices(statusOf(claims, true, true), answer)
  }

  let told = ''
  function tell(status: LicenseStatus): LicenseStatus {
    // How it is known, and for how long, is no news.
    const news = JSON.stringify({ ...status, source: 0, offlineUntil: 0, detail: 0 })
    if (news !== told) {
      told = news
      onChange?.(status)
    }
    return status
  }

  let last: Promise<unknown> = Promise.resolve()
  /** One after the other, each on what the one before kept. */
  function next(
    work: (kept: Kept) => Promise<LicenseStatus>,
    needsKept = true,
  ): Promise<LicenseStatus> {
    const run = async (): Promise<LicenseStatus> => {
      let kept: Kept = {}
      let isRead = true
      try {
        kept = await load()
      } catch (error) {
        if (needsKept) return unknown('STORAGE_FAILED', `${error}`)
        isRead = false
      }
      const { license } = kept
      const before = JSON.stringify(kept)
      let status: LicenseStatus
      try {
        status = await work(kept)
      } catch (error) {
        status = unknown('UNSUPPORTED', `${error}`)
      }
      // What could not be read is not written over.
      const isKept = isRead && (JSON.stringify(kept) === before || (await save(kept, license)))
      return status.status === 'valid' && !isKept ? { ...status, offlineUntil: null } : status
    }
    const result = last.then(run)
    last = result
    return result
  }

  let checking: Promise<LicenseStatus> | undefined

  return {
    async verify(license) {
      try {
        const kept = await load().catch(() => ({}))
        const asked = await ask(kept, '/api/verify', typed(license), {}, false)
        return 'claims' in asked ? statusOf(asked.claims, true, false) : asked
      } catch (error) {
        return unknown('UNSUPPORTED', `${error}`)
      }
    },

    async activate(given, name) {
      const license = typed(given)
      let isKept = false
      const status = await next(async (kept) => {
        // Kept before it is sent: whatever becomes of the answer, the next try is the same device.
        if (deviceOf(kept) === undefined) {
          kept.deviceId = random()
          if (!(await save(kept, kept.license))) return unknown('STORAGE_FAILED')
          // Another window may have had the same idea a moment later.
          kept.deviceId = (await load()).deviceId ?? kept.deviceId
        }
        const asked = await ask(kept, '/api/activate', license, { name }, true)
        if (!('claims' in asked)) return asked
        if (asked.claims.code === 'VALID') {
          kept.license = license
          kept.deviceId = deviceOf(kept) as string
        }
        isKept = kept.license === license
        return isKept
          ? settle(kept, asked)
          : withDevices(statusOf(asked.claims, true, false), asked.answer)
      }, options.deviceId === undefined)
      // A key that cannot be had says nothing about the one that is there.
      return isKept ? tell(status) : status
    },

    check() {
      checking ??= next(async (kept) => {
        const { license } = kept
        if (license === undefined) return unknown('NO_LICENSE')
        const asked = await ask(kept, '/api/verify', license, {}, true)
        return 'claims' in asked ? settle(kept, asked) : lean(kept, asked)
      })
        .then(tell)
        .finally(() => {
          checking = undefined
        })
      return checking
    },

    async deactivate() {
      let isAnswered = false
      const status = await next(async (kept) => {
        const { license } = kept
        if (license === undefined) return unknown('NO_LICENSE')
        const asked = await ask(kept, '/api/deactivate', license, {}, true)
        if (!('claims' in asked)) return asked
        isAnswered = true
        const { claims, answer } = asked
        // Whoever has a key that was replaced cannot free a seat with it.
        if (answer.body['deactivated'] === true || claims.code === 'NOT_FOUND') {
          delete kept.license
          delete kept.answer
          delete kept.void
        }
        return statusOf(claims, true, false)
      })
      return isAnswered ? tell(status) : status
    },
  }
}

/** A key as somebody typed it, if anything. */
const typed = (license: unknown) => textIn(license).trim()

const WHY_NO_LEASE: Partial<Record<Distrust, Unknown['code']>> = {
  EXPIRED: 'LEASE_ENDED',
  NOT_YET: 'CLOCK_SET_BACK',
}

interface Sent {
  readonly deviceId: string | undefined
  readonly nonce: string
}

const withDevices = (status: LicenseStatus, { body }: Answer): LicenseStatus =>
  status.status === 'invalid' && Array.isArray(body['devices'])
    ? ({
        ...status,
        devices: body['devices'] as Device[],
        detail: textIn(body['error']),
      } satisfies Invalid)
    : status
