/** Something that listens until it is stopped. */
export interface Server {
  readonly url: string
  /** Resolves once it is gone, whoever ended it. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}
