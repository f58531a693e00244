/**
 * Kills a process when the parent of this one exits, even if the parent was killed. Reads the process id from stdin, which
 * closes when the parent exits.
 */

// Ctrl-C also reaches this process, and the parent needs a moment to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

let id = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk) => {
  id += chunk
})
process.stdin.on('end', () => {
  try {
    process.kill(Number(id), 'SIGKILL')
  } catch {
    // It has exited already.
  }
})
