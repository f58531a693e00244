/**
 * A process that starts a function: imports the bundle in its first argument and, if there is a second one, calls the
 * handler with that event. Reports times in milliseconds since its start. JavaScript, so that no types are stripped.
 */

const [, , bundle, event] = process.argv
const toMs = ({ user, system }) => (user + system) / 1000

const [start, used] = [performance.now(), process.cpuUsage()]
const { handler } = await import(bundle)
const importMs = performance.now() - start
const importCpuMs = toMs(process.cpuUsage(used))

let status = 200
if (event !== undefined) {
  const context = { awsRequestId: 'request', functionName: process.env.AWS_LAMBDA_FUNCTION_NAME }
  status = (await handler(JSON.parse(event), context))?.statusCode ?? 200
}
const report = {
  status,
  importMs,
  importCpuMs,
  totalMs: performance.now(),
  totalCpuMs: toMs(process.cpuUsage()),
}
process.send(report, () => process.exit())
