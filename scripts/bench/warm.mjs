/** Calls two handlers in turns in one process, and tells what a call of each takes. Told what to do by its parent. */

process.on('message', async ({ handlers, rounds, calls }) => {
  const made = []
  for (const { bundle, event, isNew } of handlers) {
    const { handler } = await import(bundle)
    made.push({ handler, event, isNew, runs: [] })
  }
  let callers = 0
  /** Of somebody who has not called before: RFC 3849 keeps these addresses for examples. */
  function fromAnother(event) {
    const { requestContext } = event
    const sourceIp = `2001:db8:${(++callers >>> 16).toString(16)}:${(callers & 0xffff).toString(16)}::1`
    return {
      ...event,
      requestContext: { ...requestContext, http: { ...requestContext.http, sourceIp } },
    }
  }
  const context = { awsRequestId: 'request', functionName: process.env.AWS_LAMBDA_FUNCTION_NAME }
  for (let round = -1; round < rounds; round++) {
    for (const { handler, event, isNew, runs } of round % 2 === 0 ? made : made.toReversed()) {
      const [begun, used] = [performance.now(), process.cpuUsage()]
      for (let call = 0; call < calls; call++) {
        const { statusCode } = await handler(isNew ? fromAnother(event) : event, context)
        if (statusCode !== 200) throw new Error(`It answered ${statusCode}`)
      }
      const { user, system } = process.cpuUsage(used)
      const ms = (performance.now() - begun) / calls
      // The first round is to warm up.
      if (round >= 0) runs.push({ ms, cpuMs: (user + system) / 1000 / calls })
    }
  }
  process.send(
    made.map(({ runs }) => runs),
    () => process.exit(),
  )
})
