/** npm run conformance: writes clients/conformance/vectors.json anew. */

import { writeFileSync } from 'node:fs'
import { conformance } from './vectors.ts'

const text = JSON.stringify(await conformance(), undefined, 2)
writeFileSync('clients/conformance/vectors.json', `${text}\n`)
