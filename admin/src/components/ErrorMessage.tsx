import { ApiError, adviceFor } from '../api/apiError.ts'
import { Button } from './Button.tsx'

interface ErrorMessageProps {
  readonly error: unknown
  /** Says what failed. The cause and the advice follow it. */
  readonly title: string
  readonly onRetry?: () => void
}

export function ErrorMessage({ error, title, onRetry }: ErrorMessageProps) {
  const apiError = error instanceof ApiError ? error : undefined
  const fields = apiError?.details.fields ?? []
  const canRetry = apiError === undefined || apiError.details.retryable
  return (
    <div role="alert" className="error stack">
      <p>
        <strong>{title}</strong> {apiError?.message ?? 'Something went wrong'}.{' '}
        {apiError ? adviceFor(apiError) : 'Reload the page.'}
      </p>
      {fields.length > 0 && (
        <ul>
          {fields.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path || 'request'}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && canRetry && <Button onPress={onRetry}>Try again</Button>}
    </div>
  )
}
