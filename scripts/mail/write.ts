/** npm run mail: compiles the layout of all emails. */

import { writeFileSync } from 'node:fs'
import { buildLayoutModule } from './compile.ts'

writeFileSync('lib/mail/layout.ts', buildLayoutModule())
