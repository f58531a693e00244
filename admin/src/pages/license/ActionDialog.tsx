import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { licenseQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Checkbox, Field } from '../../components/Fields.tsx'
import { useSingleFlight } from '../../components/useSingleFlight.ts'
import { ActionFields } from './ActionFields.tsx'
import {
  type ActionInput,
  type ActionResult,
  holderName,
  initialInput,
  type LicenseAction,
} from './actions.ts'

interface ActionDialogProps {
  readonly action: LicenseAction
  readonly license: LicenseDetail
  readonly onDone: (answer: ActionResult) => void
  readonly onClose: () => void
}

/** Asks for what a deed needs, does it, and says how it went. */
export function ActionDialog({ action, license, onDone, onClose }: ActionDialogProps) {
  const [input, setInput] = useState(() => initialInput(license))
  const [typed, setTyped] = useState('')
  const [isSure, setSure] = useState(false)
  const client = useQueryClient()
  const isConflict = (error: unknown) => error instanceof ApiError && error.details.status === 409

  const doing = useMutation({
    mutationFn: () => action.send(license, input),
    async onSuccess(answer) {
      announce(`${action.done}: ${holderName(license)}`)
      await refresh()
      onDone(answer)
    },
    async onError(error) {
      // Whoever was faster changed what this window shows; and what was sent may have been done although no answer came.
      if (error instanceof ApiError && (isConflict(error) || error.details.retryable))
        await refresh()
    },
  })

  const doOnce = useSingleFlight(doing.mutateAsync)

  async function refresh() {
    await Promise.all([
      client.invalidateQueries(licenseQuery(license.id)),
      client.invalidateQueries({ queryKey: ['licenses'] }),
      client.invalidateQueries({ queryKey: ['overview'] }),
    ])
  }

  const name = holderName(license)
  const isConfirmed =
    action.confirm === undefined ||
    (action.confirm === 'checked' ? isSure : typed.trim().toLowerCase() === name.toLowerCase())
  const change = (changes: Partial<ActionInput>) => setInput((own) => ({ ...own, ...changes }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isConfirmed) doOnce()
  }

  return (
    <Dialog
      title={`${action.label}: ${name}`}
      isOpen
      role={action.kind === 'danger' ? 'alertdialog' : 'dialog'}
      canClose={!doing.isPending}
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <p>{action.description}</p>
        <ActionFields
          fieldSet={action.fieldSet}
          license={license}
          input={input}
          onChange={change}
        />
        <Field
          label="Reason"
          value={input.reason}
          onChange={(reason) => change({ reason })}
          isRequired
          isMultiline
          rows={2}
          maxLength={500}
          hint={action.reasonHint ?? 'It stands in the history for ever.'}
          autoFocus
        />
        {action.confirm === 'typed' && (
          <Field
            label={`Type ${name} to confirm`}
            value={typed}
            onChange={setTyped}
            isRequired
            hint={isConfirmed || typed === '' ? undefined : 'Not the same yet'}
          />
        )}
        {action.confirm === 'checked' && (
          <Checkbox
            label={`Yes, ${action.label.toLowerCase()} it`}
            isSelected={isSure}
            onChange={setSure}
          />
        )}
        {doing.error && (
          <ErrorMessage
            error={doing.error}
            what={
              isConflict(doing.error)
                ? 'It was not done. The license has been loaded anew.'
                : 'It was not done, as far as is known.'
            }
          />
        )}
        <div className="buttons">
          <Button onPress={onClose} isDisabled={doing.isPending}>
            Cancel
          </Button>
          <Button
            type="submit"
            variant={action.kind ?? 'primary'}
            isPending={doing.isPending}
            isDisabled={!isConfirmed}
          >
            {action.label}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
