/** What the bundles of the functions are made with, besides the settings in serverless.yml. */

import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'
import { catalog } from '../lib/catalog/catalog.ts'
import { catalogFaults } from '../lib/catalog/schema.ts'
import { hasPanel, isBuilt } from './panel/built.ts'

/**
 * Takes Node's own modules by `process.getBuiltinModule`: an `import` of `node:http` in ESM reads every export and
 * with them half of Node, which costs each cold start some 12 ms.
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
 * Middy's secrets middleware is given a client of ours and only puts its questions into the SDK's commands: envelopes for
 * which it would bring in a client that nobody uses.
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

/** A catalog with a fault is not built: the vendor reads its path now, not a customer an error later. */
const goodCatalog: Plugin = {
  name: 'good-catalog',
  setup({ onStart }) {
    onStart(() => ({
      errors: catalogFaults(catalog).map((fault) => ({ text: `lib/catalog/catalog.ts: ${fault}` })),
    }))
  },
}

/** The function that serves the panel takes its files along: those of today. */
const builtPanel: Plugin = {
  name: 'built-panel',
  setup({ initialOptions: { entryPoints, absWorkingDir = process.cwd() }, onStart }) {
    if (!JSON.stringify(entryPoints).includes('functions/panel')) return
    onStart(() =>
      hasPanel(absWorkingDir) && !isBuilt(absWorkingDir)
        ? {
            errors: [{ text: 'admin/dist is not what admin/ is now: node scripts/panel/build.ts' }],
          }
        : null,
    )
  },
}

export default [builtins, bareCommands, goodCatalog, builtPanel]
