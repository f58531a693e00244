/** The part of a response of Secrets Manager that is used. */
export interface SecretValue {
  readonly SecretString?: string | undefined
}

/** The SDK's command to get a secret. */
interface GetSecretValue {
  readonly input: { readonly SecretId?: string | undefined }
}

/** The age up to which a secret is returned from memory. */
const FRESH_MS = 5 * 60 * 1000
/** The age up to which it is returned while a newer one is fetched; older than that, the caller waits for the fetch. */
const REVALIDATE_MS = 2 * FRESH_MS
/** The age up to which it is returned while Secrets Manager is unavailable. */
const STALE_MS = 24 * 60 * 60 * 1000
/** The minimum time between two fetches, which spares Secrets Manager during an outage. */
const RETRY_MS = 5 * 1000

const EMPTY: SecretValue = { SecretString: '{}' }

/**
 * AWS denies access to a missing secret if the role names secrets by their whole ARN: the ARN ends in a random suffix, which
 * a missing secret does not have.
 */
const isMissing = (error: unknown) =>
  error instanceof Error &&
  ['ResourceNotFoundException', 'AccessDeniedException'].includes(error.name)

interface Entry {
  value?: SecretValue
  fetchedAt: number
  triedAt: number
  pending?: Promise<SecretValue>
}

export interface SecretCache {
  /** Replaces the method of the AWS client for @middy/secrets-manager, whose own cache must be off. */
  send(command: GetSecretValue): Promise<SecretValue>
  /** Fetches secrets before the first request. Never rejects: that request reports the error. */
  prime(ids: readonly string[]): Promise<void>
  /** Makes the next request wait for newer values, at most every 5 seconds. The cached ones remain the fallback. */
  expire(): void
}

/**
 * Creates a cache of Secrets Manager. Middy's own cache ends the process if a refresh fails, and keeps a timer running; this
 * one returns stale values while it fetches, and has no timer.
 *
 * @param getSecret fetches a secret by its id
 * @param now milliseconds since the epoch
 * @param optional the id of a secret that need not exist, and reads as an empty object until it does
 */
export function createSecretCache(
  getSecret: (id: string) => Promise<SecretValue>,
  now: () => number,
  optional?: string,
): SecretCache {
  const entries = new Map<string, Entry>()

  /** A secret that existed before is treated as unavailable, not as missing. */
  const mayBeMissing = (id: string, { value = EMPTY, fetchedAt }: Entry) =>
    id === optional && (value === EMPTY || now() - fetchedAt >= STALE_MS)

  async function fetchOrEmpty(id: string, entry: Entry) {
    try {
      return await getSecret(id)
    } catch (error) {
      if (mayBeMissing(id, entry) && isMissing(error)) return EMPTY
      throw error
    }
  }

  function fetch(id: string, entry: Entry) {
    entry.triedAt = now()
    entry.pending ??= fetchOrEmpty(id, entry)
      .then((value) => {
        entry.value = value
        entry.fetchedAt = now()
        return value
      })
      .finally(() => {
        delete entry.pending
      })
    return entry.pending
  }

  async function send({ input: { SecretId: id = '' } }: GetSecretValue) {
    const entry = entries.get(id) ?? { fetchedAt: 0, triedAt: Number.NEGATIVE_INFINITY }
    entries.set(id, entry)
    const { value } = entry
    const age = now() - entry.fetchedAt
    if (!value || age >= STALE_MS) return fetch(id, entry)
    if (age < FRESH_MS || (!entry.pending && now() - entry.triedAt < RETRY_MS)) return value
    const newer = fetch(id, entry).catch(() => value)
    return age < REVALIDATE_MS ? value : newer
  }

  return {
    send,

    async prime(ids) {
      await Promise.allSettled(ids.map((SecretId) => send({ input: { SecretId } })))
    },

    expire() {
      for (const entry of entries.values()) {
        entry.fetchedAt = Math.min(entry.fetchedAt, now() - REVALIDATE_MS)
      }
    },
  }
}
