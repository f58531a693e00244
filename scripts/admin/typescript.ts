/** The compiler for openapi-typescript. TypeScript 7, which checks this project, has no API for programs yet. */

import { ts } from '@ts-morph/common'

export default ts
