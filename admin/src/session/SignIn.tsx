import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { ApiError, adviceFor } from '../api/apiError.ts'
import { api, dataOf } from '../api/client.ts'
import { queryClient } from '../api/queryClient.ts'
import { Button } from '../components/Button.tsx'
import { Checkbox, Field } from '../components/Fields.tsx'
import { signIn } from './token.ts'

/** The characters that a header may contain. */
const HEADER_SAFE = /^[\x21-\x7e]+$/

function toMessage(error: Error): string {
  if (!(error instanceof ApiError)) return 'Something went wrong. Reload the page.'
  if (error.details.status === 401) return 'This API token is invalid, expired or revoked.'
  return `${error.message}. ${adviceFor(error)}`
}

export function SignIn({ notice }: { notice: string | undefined }) {
  const [token, setToken] = useState('')
  const [isVisible, setVisible] = useState(false)
  const trimmed = token.trim()
  const isMalformed = trimmed !== '' && !HEADER_SAFE.test(trimmed)
  const signingIn = useMutation({
    async mutationFn() {
      const headers = { authorization: `Bearer ${trimmed}` }
      const session = await dataOf(api.GET('/api/admin/session', { headers }))
      signIn(trimmed)
      queryClient.setQueryData(['session'], session)
    },
  })

  useEffect(() => {
    document.title = 'Sign in · License Authority'
  }, [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isMalformed && !signingIn.isPending) signingIn.mutate()
  }
  const failure = signingIn.error ? toMessage(signingIn.error) : undefined

  return (
    <main className="sign-in">
      <form className="card stack" onSubmit={submit}>
        <h1>License Authority</h1>
        {notice && (
          <p role="alert" className="error">
            {notice}
          </p>
        )}
        <Field
          label="API token"
          value={token}
          onChange={(value) => {
            setToken(value)
            signingIn.reset()
          }}
          type={isVisible ? 'text' : 'password'}
          isRequired
          autoFocus
          error={isMalformed ? 'API tokens cannot contain spaces or special characters.' : failure}
        />
        <Checkbox label="Show token" isSelected={isVisible} onChange={setVisible} />
        <Button type="submit" variant="primary" isPending={signingIn.isPending}>
          Sign in
        </Button>
        <div className="hint">
          <p>
            For your first sign-in, use the root token. It is stored in AWS Secrets Manager as{' '}
            <code>license-authority/&lt;stage&gt;/admin-token</code>; for local development it is{' '}
            <code>dev_admin_token</code>. Then create a personal token with only the scopes you need
            under “API tokens”.
          </p>
          <p>The token is kept in this tab only and removed when you sign out or close the tab.</p>
        </div>
      </form>
    </main>
  )
}
