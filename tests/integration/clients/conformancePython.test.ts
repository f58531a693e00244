import { spawnSync } from 'node:child_process'
import { expect, it } from '@jest/globals'
import { buildVectors } from '../../../scripts/conformance/vectors.ts'
import { HAS_JOSERFC } from '../../support/machine.ts'

if (!HAS_JOSERFC) {
  process.stderr.write(
    'joserfc is not installed, so the Python example is not tested: pip install joserfc\n',
  )
}
const itRuns = HAS_JOSERFC ? it : it.skip

itRuns('the Python example meets every conformance vector', async () => {
  const { vectors } = await buildVectors()
  const { stdout, stderr } = spawnSync(
    'python3',
    ['-W', 'ignore', 'clients/python/conformance.py'],
    { encoding: 'utf8' },
  )
  expect(`${stdout}${stderr}`.trim()).toBe(`${vectors.length} vectors passed, 0 failed`)
})
