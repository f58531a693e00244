/** Patterns that no log may contain. The addresses are those of tests. */
const PATTERNS: Readonly<Record<string, RegExp>> = {
  'a license key': /\b[a-z][a-z0-9]{0,15}-[a-z0-9_]+-[0-9a-f]{12}-[1-9]\d{5,11}\b/i,
  'an API token': /\bla_[\w-]{1,128}_[0-9A-Za-z]{43}\b/,
  'an e-mail address': /(?<![\w.+-])[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}/i,
  'an IP address': /\b203\.0\.113\.\d|\b2001:db8:/i,
  'a signature of Stripe’s': /\bv1=[0-9a-f]{16}/,
}

/** Shorter words occur by chance. */
const MIN_LENGTH = 4
/** The number of characters shown on either side of a match. */
const CONTEXT = 100

const isPartOfWord = (letter: string | undefined) => letter !== undefined && /\w/.test(letter)

/** Returns the index of a text that is not part of a longer word, or -1. */
function indexOfWord(word: string, text: string): number {
  let index = text.indexOf(word)
  while (index !== -1) {
    if (!isPartOfWord(text[index - 1]) && !isPartOfWord(text[index + word.length])) return index
    index = text.indexOf(word, index + 1)
  }
  return -1
}

/**
 * Returns the secrets and personal data in lines of a log, each with its context.
 *
 * @param words further texts to find, as they are or escaped as in JSON
 */
export function leaksIn(lines: readonly string[], words: Iterable<string>): string[] {
  const text = lines.join('\n')
  const matches = [
    ...Object.entries(PATTERNS).map(([what, pattern]) => ({ what, at: text.search(pattern) })),
    ...[...new Set([...words].flatMap((word) => [word, JSON.stringify(word).slice(1, -1)]))]
      .filter((word) => word.length >= MIN_LENGTH)
      .map((word) => ({ what: word, at: indexOfWord(word, text) })),
  ]
  return matches
    .filter(({ at }) => at !== -1)
    .map(({ what, at }) => `${what}: ${text.slice(Math.max(0, at - CONTEXT), at + CONTEXT)}`)
}

/** The names of personal attributes in licenses, audit entries, purchases and devices. */
const PERSONAL = new Set(['userId', 'userEmail', 'user', 'email', 'name', 'address'])

/** Returns the personal data in items of a table, or in any other value. */
export function peopleIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) =>
    typeof below === 'string' && PERSONAL.has(name) ? [below] : peopleIn(below),
  )
}
