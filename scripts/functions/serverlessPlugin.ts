/** Serverless plugin that builds the functions for `serverless package` and `serverless deploy`. */

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
      // Other commands also load this file, and do not need esbuild.
      const { packageFunctions } = await import('./package.ts')
      const { functions } = serverless.service
      const chosen = Object.entries(functions).filter(([name]) => (only ?? name) === name)
      await packageFunctions(Object.fromEntries(chosen)).catch((error: Error) => {
        // Serverless prints a stack trace for errors of other classes.
        throw new serverless.classes.Error(error.message, 'FUNCTIONS_NOT_BUILT')
      })
    }
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:package:function:package': build,
    }
  }
}
