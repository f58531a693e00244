/** esbuild plugins of the function bundles. */

import { stat } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'
import type { Catalog } from '../../lib/catalog/schema.ts'
import { catalogFaults } from '../../lib/catalog/schema.ts'

/**
 * Loads Node's own modules by `process.getBuiltinModule`. An ESM `import` of `node:http` evaluates every export, and
 * with them half of Node, which costs each cold start about 12 ms.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z0-9_]+(\/[a-z0-9_]+)*$/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.replace(/^(node:)?/, 'node:'), namespace: 'builtin' } : null,
    )
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}

/**
 * Replaces the AWS client that Middy's secrets middleware imports. The middleware is given a client of this project and
 * uses only the command classes, which are plain envelopes: the whole SDK client would be dead weight in each bundle.
 */
const bareCommands: Plugin = {
  name: 'bare-commands',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/client-secrets-manager$/ }, ({ path, importer }) =>
      /@middy.secrets-manager/.test(importer) ? { path, namespace: 'bare-commands' } : null,
    )
    onLoad({ filter: /.*/, namespace: 'bare-commands' }, () => ({
      contents: `
        class Command {
          constructor(input) {
            this.input = input
          }
        }
        export { Command as DescribeSecretCommand, Command as GetSecretValueCommand }
        export const SecretsManagerClient = undefined`,
      loader: 'js',
    }))
  },
}

const CATALOG = new URL('../../lib/catalog/catalog.ts', import.meta.url)

/** Fails the build for an invalid catalog. */
const validCatalog: Plugin = {
  name: 'valid-catalog',
  setup({ onStart }) {
    onStart(async () => {
      // The query makes a rebuild read the file as it is now, instead of Node's cached module.
      const { mtimeMs } = await stat(CATALOG)
      const { catalog } = (await import(`${CATALOG}?${mtimeMs}`)) as { catalog: Catalog }
      return {
        errors: catalogFaults(catalog).map((fault) => ({
          text: `lib/catalog/catalog.ts: ${fault}`,
        })),
      }
    })
  },
}

export const plugins: readonly Plugin[] = [builtins, bareCommands, validCatalog]
