import { cp, mkdtemp, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** What is made, fetched or of no use there. */
const STAYS = ['node_modules', '.git', '.serverless', '.esbuild', '.local', 'coverage']

/** A copy of the project that shares the dependencies: `serverless` leaves files where it works. */
export async function copyProject(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'license-authority-rehearsal-'))
  await cp(PROJECT, directory, {
    recursive: true,
    filter: (file) => !STAYS.includes(path.relative(PROJECT, file)),
  })
  await symlink(
    path.join(PROJECT, 'node_modules'),
    path.join(directory, 'node_modules'),
    'junction',
  )
  return directory
}
