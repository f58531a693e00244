import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { licenseQuery } from '../../api/queries.ts'
import { invalidateLists } from '../../api/queryClient.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Checkbox, Field, useForm } from '../../components/Fields.tsx'
import { FormDialog } from '../../components/FormDialog.tsx'
import { ActionFields } from './ActionFields.tsx'
import {
  type ActionResult,
  holderName,
  initialInput,
  type LicenseAction,
  runAction,
} from './actions.ts'

interface ActionDialogProps {
  readonly action: LicenseAction
  readonly license: LicenseDetail
  readonly onDone: (result: ActionResult) => void
  readonly onClose: () => void
}

const isConflict = (error: unknown) => error instanceof ApiError && error.details.status === 409

/** Asks for the input of an action, and for a confirmation if it is dangerous, and runs it. */
export function ActionDialog({ action, license, onDone, onClose }: ActionDialogProps) {
  const form = useForm(initialInput(license))
  const [typedName, setTypedName] = useState('')
  const [isChecked, setChecked] = useState(false)
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([client.invalidateQueries(licenseQuery(license.id)), invalidateLists()])

  const running = useMutation({
    mutationFn: () => runAction(action, license, form.values),
    async onSuccess(result) {
      announce(`${action.doneMessage}: ${name}`)
      await refresh()
      onDone(result)
    },
    async onError(error) {
      // Another admin may have changed the license, or the change may have been made without a response.
      if (error instanceof ApiError && (isConflict(error) || error.details.retryable))
        await refresh()
    },
  })

  const name = holderName(license)
  const isTyped = typedName.trim().toLowerCase() === name.toLowerCase()
  const isConfirmed = { none: true, checkbox: isChecked, name: isTyped }[action.confirm ?? 'none']

  return (
    <FormDialog
      title={`${action.label}: ${name}`}
      submitLabel={action.label}
      mutation={running}
      errorTitle={
        isConflict(running.error)
          ? 'The license was changed meanwhile and has been reloaded.'
          : 'The action could not be completed.'
      }
      isDangerous={action.isDangerous}
      isComplete={isConfirmed}
      onClose={onClose}
    >
      <p>{action.description}</p>
      <ActionFields fieldSet={action.fieldSet} license={license} form={form} />
      <Field
        label={action.name === 'note' ? 'Note' : 'Reason'}
        {...form.bind('reason')}
        isRequired
        rows={2}
        maxLength={500}
        hint="Stored permanently in the history."
        autoFocus
      />
      {action.confirm === 'name' && (
        <Field
          label={`Type ${name} to confirm`}
          value={typedName}
          onChange={setTypedName}
          isRequired
          hint={isTyped || typedName === '' ? undefined : 'Does not match yet'}
        />
      )}
      {action.confirm === 'checkbox' && (
        <Checkbox label="I confirm this action" isSelected={isChecked} onChange={setChecked} />
      )}
    </FormDialog>
  )
}
