import { ApiError, adviceFor } from '../api/apiError.ts'
import { Button } from './Button.tsx'

interface ErrorMessageProps {
  readonly error: unknown
  readonly what: string
  readonly onRetry?: () => void
}

/** What went wrong, and what to do about it. */
export function ErrorMessage({ error, what, onRetry }: ErrorMessageProps) {
  const apiError = error instanceof ApiError ? error : undefined
  const mayRetry = apiError === undefined || apiError.details.retryable
  return (
    <div role="alert" className="problem">
      <p>
        <strong>{what}</strong> {apiError?.message ?? 'Something went wrong on this page'}.{' '}
        {apiError ? adviceFor(apiError) : 'Load the page again.'}
      </p>
      {apiError?.details.fields && apiError.details.fields.length > 0 && (
        <ul>
          {apiError.details.fields.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path || 'the request'}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && mayRetry && <Button onPress={onRetry}>Try again</Button>}
    </div>
  )
}
