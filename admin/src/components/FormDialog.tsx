import { type FormEvent, type ReactNode, useRef } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { Button } from './Button.tsx'
import { ErrorMessage } from './ErrorMessage.tsx'

interface FormDialogProps {
  readonly title: string
  readonly submitLabel: string
  readonly mutation: {
    readonly mutateAsync: () => Promise<unknown>
    readonly isPending: boolean
    readonly error: unknown
  }
  readonly errorTitle: string
  readonly isDangerous?: boolean
  readonly isComplete?: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A modal dialog with a form. Escape and Cancel close it, except while the mutation runs. */
export function FormDialog({
  title,
  submitLabel,
  mutation: { mutateAsync, isPending, error },
  errorTitle,
  isDangerous = false,
  isComplete = true,
  onClose,
  children,
}: FormDialogProps) {
  // `isPending` is set too late to ignore the second click of a double click.
  const isRunning = useRef(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isComplete || isRunning.current) return
    isRunning.current = true
    const finish = () => {
      isRunning.current = false
    }
    mutateAsync().then(finish, finish)
  }
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable={false}
      isKeyboardDismissDisabled={isPending}
      onOpenChange={(isOpen) => {
        if (!isOpen && !isPending) onClose()
      }}
    >
      <Modal className="modal">
        <AriaDialog role={isDangerous ? 'alertdialog' : 'dialog'} className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <form onSubmit={submit} className="stack">
            {children}
            {error !== null && <ErrorMessage error={error} title={errorTitle} />}
            <div className="row">
              <Button onPress={onClose} isDisabled={isPending}>
                Cancel
              </Button>
              <Button
                type="submit"
                variant={isDangerous ? 'danger' : 'primary'}
                isPending={isPending}
                isDisabled={!isComplete}
              >
                {submitLabel}
              </Button>
            </div>
          </form>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
