/**
 * Ends a process together with the parent of this one, also when the parent was killed and could not do so. Reads the
 * process id from stdin, which ends when the parent does.
 */

// Ctrl-C reaches this process too, and the parent may need a moment to end what it started.
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
    // It has ended already.
  }
})
