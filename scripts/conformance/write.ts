/** npm run conformance: writes clients/conformance/vectors.json. */

import { writeFileSync } from 'node:fs'
import { buildVectors } from './vectors.ts'

const text = JSON.stringify(await buildVectors(), undefined, 2)
writeFileSync('clients/conformance/vectors.json', `${text}\n`)
