/** What no log may hold, wherever it comes from. The addresses are those that tests call from. */
const PATTERNS: Readonly<Record<string, RegExp>> = {
  'a license key': /\b[a-z][a-z0-9]{0,15}-[a-z0-9_]+-[0-9a-f]{12}-[1-9]\d{5,11}\b/i,
  'an API token': /\bla_[\w-]{1,128}_[0-9A-Za-z]{43}\b/,
  'an e-mail address': /(?<![\w.+-])[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}/i,
  'an IP address': /\b203\.0\.113\.\d|\b2001:db8:/i,
  'a signature of Stripe’s': /\bv1=[0-9a-f]{16}/,
}

/** Shorter ones are found in anything. */
const SHORTEST = 4
/** How much of a line is shown on either side of what should not be there. */
const AROUND = 100

const isPartOfWord = (letter: string | undefined) => letter !== undefined && /\w/.test(letter)

/** Where a text stands by itself, rather than as a part of a longer word. */
function placeOf(word: string, text: string): number {
  let place = text.indexOf(word)
  while (place !== -1) {
    if (!isPartOfWord(text[place - 1]) && !isPartOfWord(text[place + word.length])) return place
    place = text.indexOf(word, place + 1)
  }
  return -1
}

/**
 * What is secret or personal in lines of a log, each with its surroundings.
 *
 * @param words whatever must not be in them besides, as it is or as JSON writes it
 */
export function leaksIn(lines: readonly string[], words: Iterable<string>): string[] {
  const text = lines.join('\n')
  const places = [
    ...Object.entries(PATTERNS).map(([what, pattern]) => ({ what, at: text.search(pattern) })),
    ...[...new Set([...words].flatMap((word) => [word, JSON.stringify(word).slice(1, -1)]))]
      .filter((word) => word.length >= SHORTEST)
      .map((word) => ({ what: word, at: placeOf(word, text) })),
  ]
  return places
    .filter(({ at }) => at !== -1)
    .map(({ what, at }) => `${what}: ${text.slice(Math.max(0, at - AROUND), at + AROUND)}`)
}

/** What the attributes of people are called, in licenses, in history, in what Stripe told and in devices. */
const PERSONAL = new Set(['userId', 'userEmail', 'user', 'email', 'name', 'address'])

/** Whom the items of a table, or whatever else, tell of. */
export function peopleIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) =>
    typeof below === 'string' && PERSONAL.has(name) ? [below] : peopleIn(below),
  )
}
