/** Tells a person of each step, and remembers what is left to do. */
export interface Report {
  /** It was as it should be. */
  ok(what: string): void
  /** It was not, and is now. */
  done(what: string): void
  /** It is not, and a person has to do something. */
  todo(what: string): void
  readonly left: readonly string[]
}

export function createReport(print: (line: string) => void): Report {
  const left: string[] = []
  return {
    ok: (what) => print(`ok    ${what}`),
    done: (what) => print(`done  ${what}`),
    todo(what) {
      left.push(what)
      print(`todo  ${what}`)
    },
    left,
  }
}
