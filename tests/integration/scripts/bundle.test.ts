import { expect, it } from '@jest/globals'
import { build, stop } from 'esbuild'
import { bundleOptions } from '../../../scripts/functions/bundle.ts'

it('bundles verify without the AWS SDK', async () => {
  const { metafile } = await build({
    ...bundleOptions(['functions/verify.handler'], '/nowhere'),
    write: false,
    metafile: true,
  })
  // The service process of esbuild would keep Jest running.
  await stop()
  const packages = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
  const sdk = [...new Set(packages)].filter((name) => /^@(aws-sdk|smithy)\//.test(name ?? ''))
  // Converts items from and to DynamoDB's JSON.
  expect(sdk).toEqual(['@aws-sdk/util-dynamodb'])
})
