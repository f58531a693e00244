/** What a function asks of DynamoDB, to be asked again without the function: what is left of its time is the database's. */

import { randomUUID } from 'node:crypto'
import { startEnvironment } from './environment.ts'
import { events } from './events.ts'
import type { Request } from './load.ts'
import type { Bench } from './part.ts'
import { startRecorder } from './recorder.ts'

interface Alone {
  /** The read of a verification, by somebody who is known. */
  readonly verify: () => Request
  /** The transaction of an issue, each time of another license. */
  readonly generate: () => Request
}

const TOKEN = /"ClientRequestToken":"[^"]+"/
const ID = /lic_[a-z2-7]+/

/** @throws Error when a function asked something else than it is known to ask */
export async function whatIsAsked({ stage, bundles }: Bench): Promise<Alone> {
  const recorder = await startRecorder(stage)
  const start = (name: string) =>
    startEnvironment(bundles.of(name).file, stage.variablesOf(name, recorder.url))
  const [generate, verify] = await Promise.all([start('generate'), start('verify')])
  try {
    const { answer } = await generate.invoke(events.order('alone'))
    const issued = recorder.take().find(({ operation }) => operation === 'TransactWriteItems')
    const { license } = JSON.parse(answer.body ?? '')
    const asked = events.verification(license)
    await verify.invoke(asked)
    await verify.invoke(asked)
    const read = recorder.take().at(-1)
    const body = issued?.request.body
    const id = ID.exec(body ?? '')?.[0]
    if (!read || !issued || !body || !id) throw new Error('DynamoDB was not asked as expected')
    let made = 0
    return {
      verify: () => read.request,
      generate() {
        made += 1
        // As long as the id that it takes the place of.
        const other = id.slice(0, -8) + made.toString(32).padStart(8, '0')
        const token = `"ClientRequestToken":"${randomUUID()}"`
        return {
          ...issued.request,
          body: body
            .replaceAll(id, other)
            .replaceAll('alone', `alone_${made}`)
            .replace(TOKEN, token),
        }
      },
    }
  } finally {
    await Promise.all([generate.stop(), verify.stop(), recorder.stop()])
  }
}
