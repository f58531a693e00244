import { useRef } from 'react'

/**
 * What is begun is not begun again before it has ended. A page shows that something runs a moment after it was begun, and
 * the second click of a double click comes before that.
 *
 * @param begin fails where the page shows it
 */
export function useSingleFlight(begin: () => Promise<unknown>): () => void {
  const isRunning = useRef(false)
  return () => {
    if (isRunning.current) return
    isRunning.current = true
    const end = () => {
      isRunning.current = false
    }
    begin().then(end, end)
  }
}
