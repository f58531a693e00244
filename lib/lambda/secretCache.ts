/** A secret as Secrets Manager tells it. */
export interface SecretValue {
  readonly SecretString?: string | undefined
}

/** The question for a secret, as the SDK's command for it has it. */
interface GetSecretValue {
  readonly input: { readonly SecretId?: string | undefined }
}

/** Younger than this, a secret is answered from memory. */
const FRESH_MS = 5 * 60 * 1000
/** Up to this age it still is, while a newer one is on its way; beyond, the caller waits for the newer one. */
const REVALIDATE_MS = 2 * FRESH_MS
/** Up to this age it is better than none while Secrets Manager does not answer. */
const STALE_MS = 24 * 60 * 60 * 1000
/** The shortest time between two refreshes, so that a fault is not made worse. */
const RETRY_MS = 5 * 1000

const NOTHING: SecretValue = { SecretString: '{}' }

/**
 * Of a secret that is not there, AWS says that nobody may read it where rights name secrets by their whole ARN, which
 * ends in characters that only a secret has.
 */
const isAbsence = (error: unknown) =>
  error instanceof Error &&
  ['ResourceNotFoundException', 'AccessDeniedException'].includes(error.name)

interface Entry {
  value?: SecretValue
  fetchedAt: number
  triedAt: number
  pending?: Promise<SecretValue>
}

export interface SecretCache {
  /** What @middy/secrets-manager calls instead of the client; its own cache must then be off. */
  send(command: GetSecretValue): Promise<SecretValue>
  /** Fetches ahead of the first request. Never rejects: that request will say what is wrong. */
  prime(ids: readonly string[]): Promise<void>
  /** Makes the next request ask for newer values, unless that was just done. What is held is kept for need. */
  expire(): void
}

/**
 * Secrets Manager, remembered. The cache that comes with the middleware ends the process when a refresh fails and
 * keeps a timer running for ever; this one answers what it holds while it fetches, and has no timer.
 *
 * @param ask asks Secrets Manager for the secret of a name
 * @param now milliseconds since the epoch
 * @param optional the secret that there may be none of yet, which reads as an empty object
 */
export function createSecretCache(
  ask: (id: string) => Promise<SecretValue>,
  now: () => number,
  optional?: string,
): SecretCache {
  const entries = new Map<string, Entry>()

  /** What was there once is not taken for absent, but for out of reach. */
  const maybeNothing = (id: string, { value = NOTHING, fetchedAt }: Entry) =>
    id === optional && (value === NOTHING || now() - fetchedAt >= STALE_MS)

  async function fetchOf(id: string, entry: Entry) {
    try {
      return await ask(id)
    } catch (error) {
      if (maybeNothing(id, entry) && isAbsence(error)) return NOTHING
      throw error
    }
  }

  function fetch(id: string, entry: Entry) {
    entry.triedAt = now()
    entry.pending ??= fetchOf(id, entry)
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
