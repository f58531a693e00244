/** npm run conformance: writes clients/conformance/vectors.json, with one vector per line. */

import { writeFileSync } from 'node:fs'
import { buildVectors } from './vectors.ts'

const { keys, vectors } = await buildVectors()
const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`)
const text = `{\n  "keys": ${JSON.stringify(keys)},\n  "vectors": [\n${lines.join(',\n')}\n  ]\n}\n`
writeFileSync('clients/conformance/vectors.json', text)
