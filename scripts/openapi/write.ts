/** npm run openapi: writes openapi.json. */

import { readFileSync, writeFileSync } from 'node:fs'
import { catalog } from '../../lib/catalog/catalog.ts'
import { openApi } from './document.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
writeFileSync('openapi.json', `${JSON.stringify(openApi(catalog, version), null, 2)}\n`)
