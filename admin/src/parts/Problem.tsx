import { adviceFor, Failure } from '../api/failure.ts'
import { Action } from './Action.tsx'

interface ProblemProps {
  readonly error: unknown
  readonly what: string
  readonly onRetry?: () => void
}

/** What went wrong, and what to do about it. */
export function Problem({ error, what, onRetry }: ProblemProps) {
  const failure = error instanceof Failure ? error : undefined
  const mayRetry = failure === undefined || failure.details.retryable
  return (
    <div role="alert" className="problem">
      <p>
        <strong>{what}</strong> {failure?.message ?? 'Something went wrong on this page'}.{' '}
        {failure ? adviceFor(failure) : 'Load the page again.'}
      </p>
      {failure?.details.fields && failure.details.fields.length > 0 && (
        <ul>
          {failure.details.fields.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path || 'the request'}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && mayRetry && <Action onPress={onRetry}>Try again</Action>}
    </div>
  )
}
