/** npm run mail: compiles the frame of the mails anew. */

import { writeFileSync } from 'node:fs'
import { frameModule } from './compile.ts'

writeFileSync('lib/mail/frame.ts', frameModule())
