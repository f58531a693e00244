import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { LicenseDetail } from '../../api/answers.ts'
import { Failure } from '../../api/failure.ts'
import { licenseQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { announce } from '../../parts/Announcer.tsx'
import { Check, Field } from '../../parts/Fields.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { useOnce } from '../../parts/useOnce.ts'
import { Window } from '../../parts/Window.tsx'
import { AskedFields } from './AskedFields.tsx'
import { type Deed, type Done, emptyFor, type Filled, nameToType } from './deeds.ts'

interface DeedWindowProps {
  readonly deed: Deed
  readonly license: LicenseDetail
  readonly onDone: (answer: Done) => void
  readonly onClose: () => void
}

/** Asks for what a deed needs, does it, and says how it went. */
export function DeedWindow({ deed, license, onDone, onClose }: DeedWindowProps) {
  const [filled, setFilled] = useState(() => emptyFor(license))
  const [typed, setTyped] = useState('')
  const [isSure, setSure] = useState(false)
  const client = useQueryClient()
  const isConflict = (error: unknown) => error instanceof Failure && error.details.status === 409

  const doing = useMutation({
    mutationFn: () => deed.send(license, filled),
    async onSuccess(answer) {
      announce(`${deed.done}: ${nameToType(license)}`)
      await refresh()
      onDone(answer)
    },
    async onError(error) {
      // Whoever was faster changed what this window shows; and what was sent may have been done although no answer came.
      if (error instanceof Failure && (isConflict(error) || error.details.retryable))
        await refresh()
    },
  })

  const doOnce = useOnce(doing.mutateAsync)

  async function refresh() {
    await Promise.all([
      client.invalidateQueries(licenseQuery(license.id)),
      client.invalidateQueries({ queryKey: ['licenses'] }),
      client.invalidateQueries({ queryKey: ['overview'] }),
    ])
  }

  const name = nameToType(license)
  const isConfirmed =
    deed.confirm === undefined ||
    (deed.confirm === 'checked' ? isSure : typed.trim().toLowerCase() === name.toLowerCase())
  const change = (changes: Partial<Filled>) => setFilled((own) => ({ ...own, ...changes }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isConfirmed) doOnce()
  }

  return (
    <Window
      title={`${deed.label}: ${name}`}
      isOpen
      role={deed.kind === 'danger' ? 'alertdialog' : 'dialog'}
      mayClose={!doing.isPending}
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <p>{deed.explains}</p>
        <AskedFields asks={deed.asks} license={license} filled={filled} onChange={change} />
        <Field
          label="Reason"
          value={filled.reason}
          onChange={(reason) => change({ reason })}
          isRequired
          isMultiline
          rows={2}
          maxLength={500}
          hint={deed.reasonHint ?? 'It stands in the history for ever.'}
          autoFocus
        />
        {deed.confirm === 'typed' && (
          <Field
            label={`Type ${name} to confirm`}
            value={typed}
            onChange={setTyped}
            isRequired
            hint={isConfirmed || typed === '' ? undefined : 'Not the same yet'}
          />
        )}
        {deed.confirm === 'checked' && (
          <Check
            label={`Yes, ${deed.label.toLowerCase()} it`}
            isSelected={isSure}
            onChange={setSure}
          />
        )}
        {doing.error && (
          <Problem
            error={doing.error}
            what={
              isConflict(doing.error)
                ? 'It was not done. The license has been loaded anew.'
                : 'It was not done, as far as is known.'
            }
          />
        )}
        <div className="buttons">
          <Action onPress={onClose} isDisabled={doing.isPending}>
            Cancel
          </Action>
          <Action
            type="submit"
            kind={deed.kind ?? 'main'}
            isPending={doing.isPending}
            isDisabled={!isConfirmed}
          >
            {deed.label}
          </Action>
        </div>
      </form>
    </Window>
  )
}
