/** npm run mail: compiles the frame of the mails anew. */

import { writeFileSync } from 'node:fs'
import { buildLayoutModule } from './compile.ts'

writeFileSync('lib/mail/layout.ts', buildLayoutModule())
