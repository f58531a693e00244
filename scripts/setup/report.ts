/** Prints the result of each step and collects what is left to do. */
export interface Report {
  /** The state is correct. */
  ok(text: string): void
  /** The state was corrected. */
  done(text: string): void
  /** A person has to correct the state. */
  todo(text: string): void
  readonly todos: readonly string[]
}

export function createReport(print: (line: string) => void): Report {
  const todos: string[] = []
  return {
    ok: (text) => print(`ok    ${text}`),
    done: (text) => print(`done  ${text}`),
    todo(text) {
      todos.push(text)
      print(`todo  ${text}`)
    },
    todos,
  }
}
