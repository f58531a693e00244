import {
  formatRequestError,
  get,
  type HttpOptions,
  type JsonResponse,
  post,
  toText,
} from './http.ts'
import { createStateStore, type State } from './state.ts'
import {
  type Device,
  type Invalid,
  type LicenseStatus,
  toStatus,
  toUnknown,
  type Unknown,
} from './status.ts'
import { browserStorage, type Storage } from './storage.ts'
import {
  type Claims,
  isRevoked,
  readRevocationList,
  readToken,
  SKEW_SECONDS,
  type TokenResult,
} from './token.ts'
import {
  getEndorsements,
  importTrustedKeys,
  type PublishedKeys,
  type TokenError,
  type TrustedKeys,
} from './trustedKeys.ts'

export interface Options {
  /** Base URL of the License Authority, such as `https://licenses.example.com`. */
  readonly url: string
  /** Content of `/.well-known/jwks.json` at build time. Ship it with the app; never fetch it at run time. */
  readonly keys: PublishedKeys
  /** Storage for the lease. Default: the browser's localStorage. */
  readonly storage?: Storage
  /** Stable identifier of this device. Default: a random one, kept in the storage. */
  readonly deviceId?: string
  /** URL of a copy of the revocation list, such as one on a CDN. Default: the service's own list. */
  readonly revocationsUrl?: string
  /** Timeout of a request in milliseconds. Default: 5000. */
  readonly timeoutMs?: number
  /** Number of retries of a failed request. Default: 2. */
  readonly retries?: number
  /** Called with the first status of the stored license, and whenever it changes. */
  readonly onChange?: (status: LicenseStatus) => void
  readonly fetch?: typeof fetch
  /** Returns the current time in milliseconds since the epoch. */
  readonly now?: () => number
}

/** Its methods reject only with an exception of `onChange`. Other failures resolve to an `unknown` status. */
export interface LicenseClient {
  /** Verifies any key online. Stores nothing. */
  verify(license: string): Promise<LicenseStatus>
  /** Activates a license on this device, and stores the key and a lease. Idempotent. */
  activate(license: string, name?: string): Promise<LicenseStatus>
  /** Checks the stored license, online or by its lease while the service is unreachable. */
  check(): Promise<LicenseStatus>
  /** Frees the seat of this device and removes the stored license. */
  deactivate(): Promise<LicenseStatus>
}

interface VerifiedResponse {
  readonly claims: Claims
  readonly token: string
  readonly response: JsonResponse
}

/** Returns 128 random bits in hexadecimal digits. */
const createNonce = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/**
 * Creates a client for one service.
 *
 * @throws TypeError for unusable options, a missing storage included: without one, each start would take another seat.
 */
export function createLicenseClient(options: Options): LicenseClient {
  const { keys, onChange, now = Date.now } = options
  if (!Array.isArray(keys?.keys)) throw new TypeError('The keys of the service are missing')
  if (!/^https?:\/\//.test(options.url)) throw new TypeError('The url must begin with https://')
  const storage = options.storage ?? browserStorage()
  if (!storage) throw new TypeError('There is no localStorage: pass a storage to the client')
  const base = options.url.replace(/\/+$/, '')
  const listUrl = options.revocationsUrl ?? `${base}/.well-known/revocations.jwt`
  const http: HttpOptions = {
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    timeoutMs: options.timeoutMs ?? 5000,
    retries: options.retries ?? 2,
  }

  const { load, save } = createStateStore(storage, `license ${base}`)
  const loadTrustedKeys = (source: Pick<State, 'endorsements'>) =>
    importTrustedKeys(keys.keys, [...getEndorsements(keys), ...getEndorsements(source)])
  const getDeviceId = ({ deviceId }: State) => options.deviceId ?? deviceId

  /** Verifies the token of a response. For an unknown key, fetches its endorsements and stores them if they are trusted. */
  async function readResponse(
    state: State,
    token: unknown,
    trustedKeys: TrustedKeys,
    sent: Sent,
  ): Promise<TokenResult> {
    const result = await readToken(token, { trustedKeys, ...sent })
    if (result.ok || result.reason !== 'UNKNOWN_KEY') return result
    const url = `${base}/.well-known/jwks.json?kid=${encodeURIComponent(`${result.kid}`)}`
    const text = await get(http, url)
    try {
      const endorsements = getEndorsements(JSON.parse(text ?? ''))
      const newKeys = await loadTrustedKeys({ endorsements })
      const retried = await readToken(token, { trustedKeys: newKeys, ...sent })
      if (retried.ok) state.endorsements = endorsements
      return retried
    } catch {
      return result
    }
  }

  /** Calls a route of the service and verifies the response. `sendsDevice`: the request is about this device. */
  async function call(
    state: State,
    route: string,
    license: string,
    fields: object,
    sendsDevice: boolean,
  ): Promise<VerifiedResponse | Unknown> {
    const trustedKeys = await loadTrustedKeys(state)
    const nonce = createNonce()
    const deviceId = sendsDevice ? getDeviceId(state) : undefined
    const response = await post(http, base + route, { license, deviceId, nonce, ...fields })
    if (typeof response === 'string') return toUnknown('UNREACHABLE', response)
    const { token, code } = response.body
    const result = await readResponse(state, token, trustedKeys, { deviceId, nonce })
    if (!result.ok) {
      return code === 'INVALID_REQUEST'
        ? toUnknown(code, formatRequestError(response))
        : toUnknown('UNTRUSTED', result.reason)
    }
    // The clock of the service is right, even if this device's was wrong before.
    state.latestTime = result.claims.iat * 1000
    state.issuedAt = result.claims.iat
    return { claims: result.claims, token: token as string, response }
  }

  /** Returns the status by the stored response, or `failure` if none is stored. */
  async function checkOffline(state: State, failure: LicenseStatus): Promise<LicenseStatus> {
    const { token } = state
    const deviceId = getDeviceId(state)
    if (token === undefined) return failure
    const trustedKeys = await loadTrustedKeys(state)
    const time = now()
    const result = await readToken(token, { trustedKeys, deviceId, now: time / 1000 })
    if (!result.ok) return toUnknown(LEASE_ERRORS[result.reason] ?? 'UNTRUSTED', result.reason)
    const { claims } = result
    if (claims.code !== 'VALID') return toStatus(claims, false, true)
    if (time < (state.latestTime ?? 0) - SKEW_SECONDS * 1000) return toUnknown('CLOCK_SET_BACK')
    state.latestTime = Math.max(time, state.latestTime ?? 0)

    const list = await readRevocationList(await get(http, listUrl), trustedKeys)
    if (list && list.number >= (state.listNumber ?? 0)) {
      state.listNumber = list.number
      if (isRevoked(claims, list)) state.isRevoked = true
      else delete state.isRevoked
    }
    return state.isRevoked
      ? { status: 'invalid', code: 'REVOKED', source: 'list' }
      : toStatus(claims, false, true)
  }

  function storeResponse(state: State, { claims, token, response }: VerifiedResponse) {
    state.token = token
    delete state.isRevoked
    return withDevices(toStatus(claims, true, true), response)
  }

  let notified = ''
  function notify(status: LicenseStatus): LicenseStatus {
    // A different source, lease expiry or detail is not a change of the license.
    const comparable = JSON.stringify({ ...status, source: 0, offlineUntil: 0, detail: 0 })
    if (comparable !== notified) {
      notified = comparable
      onChange?.(status)
    }
    return status
  }

  let last: Promise<unknown> = Promise.resolve()
  /** Runs operations one after the other, each on the state that the previous one stored. */
  function enqueue(
    operation: (state: State) => Promise<LicenseStatus>,
    needsState = true,
  ): Promise<LicenseStatus> {
    const run = async (): Promise<LicenseStatus> => {
      let state: State = {}
      let isLoaded = true
      try {
        state = await load()
      } catch (error) {
        if (needsState) return toUnknown('STORAGE_FAILED', `${error}`)
        isLoaded = false
      }
      const { license } = state
      const before = JSON.stringify(state)
      let status: LicenseStatus
      try {
        status = await operation(state)
      } catch (error) {
        status = toUnknown('UNSUPPORTED', `${error}`)
      }
      // State that could not be read must not be overwritten.
      const isStored =
        isLoaded && (JSON.stringify(state) === before || (await save(state, license)))
      return status.status === 'valid' && !isStored ? { ...status, offlineUntil: null } : status
    }
    const result = last.then(run)
    last = result
    return result
  }

  let checking: Promise<LicenseStatus> | undefined

  return {
    async verify(license) {
      try {
        const state = await load().catch(() => ({}))
        const result = await call(state, '/api/verify', trimKey(license), {}, false)
        return 'claims' in result ? toStatus(result.claims, true, false) : result
      } catch (error) {
        return toUnknown('UNSUPPORTED', `${error}`)
      }
    },

    async activate(key, name) {
      const license = trimKey(key)
      let isStored = false
      const status = await enqueue(async (state) => {
        // Stored before the request: a retry after a lost response must come from the same device.
        if (getDeviceId(state) === undefined) {
          state.deviceId = createNonce()
          if (!(await save(state, state.license))) return toUnknown('STORAGE_FAILED')
          // Another window may have stored its own id at the same moment.
          state.deviceId = (await load()).deviceId ?? state.deviceId
        }
        const result = await call(state, '/api/activate', license, { name }, true)
        if (!('claims' in result)) return result
        if (result.claims.code === 'VALID') {
          state.license = license
          state.deviceId = getDeviceId(state) as string
        }
        isStored = state.license === license
        return isStored
          ? storeResponse(state, result)
          : withDevices(toStatus(result.claims, true, false), result.response)
      }, options.deviceId === undefined)
      // The refusal of another key is not a change of the stored license.
      return isStored ? notify(status) : status
    },

    check() {
      checking ??= enqueue(async (state) => {
        const { license } = state
        if (license === undefined) return toUnknown('NO_LICENSE')
        const result = await call(state, '/api/verify', license, {}, true)
        return 'claims' in result ? storeResponse(state, result) : checkOffline(state, result)
      })
        .then(notify)
        .finally(() => {
          checking = undefined
        })
      return checking
    },

    async deactivate() {
      let hasResponse = false
      const status = await enqueue(async (state) => {
        const { license } = state
        if (license === undefined) return toUnknown('NO_LICENSE')
        const result = await call(state, '/api/deactivate', license, {}, true)
        if (!('claims' in result)) return result
        hasResponse = true
        const { claims, response } = result
        // A replaced key cannot free a seat, so the license stays stored.
        if (response.body['deactivated'] === true || claims.code === 'NOT_FOUND') {
          delete state.license
          delete state.token
          delete state.isRevoked
        }
        return toStatus(claims, true, false)
      })
      return hasResponse ? notify(status) : status
    },
  }
}

const trimKey = (license: unknown) => toText(license).trim()

const LEASE_ERRORS: Partial<Record<TokenError, Unknown['code']>> = {
  EXPIRED: 'LEASE_ENDED',
  NOT_YET: 'CLOCK_SET_BACK',
}

interface Sent {
  readonly deviceId: string | undefined
  readonly nonce: string
}

const withDevices = (status: LicenseStatus, { body }: JsonResponse): LicenseStatus =>
  status.status === 'invalid' && Array.isArray(body['devices'])
    ? ({
        ...status,
        devices: body['devices'] as Device[],
        detail: toText(body['error']),
      } satisfies Invalid)
    : status
