import { useRef } from 'react'

/**
 * Returns a function that ignores calls until the previous one has settled. `isPending` comes too late for the second
 * click of a double click.
 *
 * @param run reports its own errors
 */
export function useSingleFlight(run: () => Promise<unknown>): () => void {
  const isRunning = useRef(false)
  return () => {
    if (isRunning.current) return
    isRunning.current = true
    const finish = () => {
      isRunning.current = false
    }
    run().then(finish, finish)
  }
}
