/** The plugin in serverless.yml that makes `serverless package` and `serverless deploy` build the functions. */

import type { Packageable } from './package.ts'

interface Serverless {
  readonly service: { readonly functions: Readonly<Record<string, Packageable>> }
  readonly classes: { readonly Error: new (message: string, code: string) => Error }
}

interface Options {
  /** The only function to package, in `serverless deploy function`. */
  readonly function?: string
}

export default class FunctionsPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>

  constructor(serverless: Serverless, { function: only }: Options) {
    const build = async () => {
      // Every other command of serverless loads this file too, and has no use for esbuild.
      const { packageFunctions } = await import('./package.ts')
      const { functions } = serverless.service
      const chosen = Object.entries(functions).filter(([name]) => (only ?? name) === name)
      await packageFunctions(Object.fromEntries(chosen)).catch((error: Error) => {
        // Of its own errors Serverless prints the message, of others a stack trace as well.
        throw new serverless.classes.Error(error.message, 'FUNCTIONS_NOT_BUILT')
      })
    }
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:package:function:package': build,
    }
  }
}
