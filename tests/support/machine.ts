import { spawnSync } from 'node:child_process'

/** The library of the Python example. Where it is missing, the example is not tried, and a line says so. */
export const HAS_JOSERFC = spawnSync('python3', ['-c', 'import joserfc']).status === 0
