interface SkeletonProps {
  readonly rows?: number
  readonly label?: string
}

/** A placeholder for content that is loading. */
export function Skeleton({ rows = 4, label = 'Loading' }: SkeletonProps) {
  return (
    <div role="status" aria-label={label} className="skeleton">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are identical
        <span key={row} aria-hidden="true" />
      ))}
    </div>
  )
}
