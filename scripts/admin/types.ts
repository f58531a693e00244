/** Generates the API types of the admin panel from openapi.json. */

import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const ROOT = new URL('../../', import.meta.url)
const COMPILER = new URL('typescript.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'typescript' ? { url: COMPILER, shortCircuit: true } : next(specifier, context),
})

const { astToString, default: openapiTs } = await import('openapi-typescript')
const document = process.argv[2] ?? 'openapi.json'
const types = await openapiTs(new URL(document, ROOT))
writeFileSync(new URL('admin/src/api/schema.ts', ROOT), astToString(types))
