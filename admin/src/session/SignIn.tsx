import { type FormEvent, useEffect, useState } from 'react'
import { ApiError, adviceFor } from '../api/apiError.ts'
import { api, dataOf } from '../api/client.ts'
import { queryClient } from '../api/queryClient.ts'
import { Button } from '../components/Button.tsx'
import { Checkbox, Field } from '../components/Fields.tsx'
import { signIn } from './token.ts'

/** What a token may consist of; anything else cannot stand in a header. */
const SENDABLE = /^[\x21-\x7e]+$/

function faultOf(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong on this page. Load it again.'
  if (error.details.status === 401) {
    return 'This is no API token of this service, or it was revoked or has run out.'
  }
  return `${error.message}. ${adviceFor(error)}`
}

export function SignIn({ why }: { why: string | undefined }) {
  const [token, setToken] = useState('')
  const [isShown, setShown] = useState(false)
  const [isPending, setPending] = useState(false)
  const [fault, setFault] = useState<string>()

  useEffect(() => {
    document.title = 'Sign in · License Authority'
  }, [])

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (isPending) return
    const asked = token.trim()
    if (!SENDABLE.test(asked)) {
      setFault('An API token has no blanks and no special letters.')
      return
    }
    setPending(true)
    setFault(undefined)
    try {
      const headers = { authorization: `Bearer ${asked}` }
      const session = await dataOf(api.GET('/api/admin/session', { headers }))
      signIn(asked)
      queryClient.setQueryData(['session'], session)
    } catch (error) {
      setFault(faultOf(error))
    } finally {
      setPending(false)
    }
  }

  return (
    <main className="sign-in">
      <form className="card" onSubmit={(event) => void submit(event)}>
        <h1>License Authority</h1>
        {why && (
          <p role="alert" className="problem">
            {why}
          </p>
        )}
        <Field
          label="API token"
          value={token}
          onChange={(value) => {
            setToken(value)
            setFault(undefined)
          }}
          type={isShown ? 'text' : 'password'}
          isRequired
          autoFocus
          fault={fault}
        />
        <Checkbox label="Show the token" isSelected={isShown} onChange={setShown} />
        <Button type="submit" variant="primary" isPending={isPending}>
          Sign in
        </Button>
        <div className="hint">
          <p>
            The first token is in the secret{' '}
            <code>license-authority/&lt;stage&gt;/admin-token</code> of AWS Secrets Manager; on your
            own machine it is <code>dev_admin_token</code>. Better is one of your own, made under
            “API tokens”, which may no more than you need.
          </p>
          <p>It is kept in this tab only, and forgotten when you sign out or close it.</p>
        </div>
      </form>
    </main>
  )
}
