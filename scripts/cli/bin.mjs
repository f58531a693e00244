#!/usr/bin/env node
/** The executable `license-authority`. Plain JavaScript: the Node of the machine may be too old for TypeScript. */

import { fileURLToPath } from 'node:url'

process.argv.splice(2, 0, 'node', fileURLToPath(new URL('main.ts', import.meta.url)))
await import('../bootstrap.mjs')
