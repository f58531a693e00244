/** How much of the most it is. The number stands beside it, so that nobody has to see the bar. */
export function Bar({ value, most }: { value: number; most: number }) {
  return (
    <span className="track" aria-hidden="true">
      <span style={{ width: `${(100 * value) / Math.max(most, 1)}%` }} />
    </span>
  )
}
