/**
 * What runs a function on Lambda: takes one event after the other from the Runtime API and posts what the handler makes
 * of it. With each request it says how long this process took so far. JavaScript, since a process that first has to
 * strip types would be measured with them.
 */

const { _HANDLER: bundle, AWS_LAMBDA_RUNTIME_API: api } = process.env

const [begun, used] = [performance.now(), process.cpuUsage()]
const { handler } = await import(bundle)
const importMs = performance.now() - begun
const imported = process.cpuUsage(used)

// Only now: the function itself pays for what it takes of Node.
const { Agent, request: open } = process.getBuiltinModule('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: string }>} */
const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const { user, system } = process.cpuUsage()
    const headers = {
      'x-import-ms': importMs,
      'x-import-cpu-us': imported.user + imported.system,
      'x-cpu-us': user + system,
    }
    const request = open(`http://${api}/2018-06-01/runtime${path}`, { method, agent, headers })
    request.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve({ headers: response.headers, body: text }))
    })
    request.end(body)
  })

for (;;) {
  const { headers, body } = await ask('GET', '/invocation/next')
  const id = headers['lambda-runtime-aws-request-id']
  const context = { awsRequestId: id, functionName: process.env.AWS_LAMBDA_FUNCTION_NAME }
  try {
    const answer = await handler(JSON.parse(body), context)
    await ask('POST', `/invocation/${id}/response`, JSON.stringify(answer))
  } catch (error) {
    await ask('POST', `/invocation/${id}/error`, JSON.stringify({ errorMessage: `${error}` }))
  }
}
