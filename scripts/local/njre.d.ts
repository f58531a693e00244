declare module 'njre' {
  /** Downloads a Java runtime into the directory `jre` next to `installPath`. */
  export function install(version: number, options: { installPath: string }): Promise<string>
}
