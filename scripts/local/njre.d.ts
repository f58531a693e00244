declare module 'njre' {
  /** Downloads a Java runtime and unpacks it into a folder `jre` beside `installPath`. */
  export function install(version: number, options: { installPath: string }): Promise<string>
}
