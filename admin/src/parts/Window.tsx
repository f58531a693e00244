import type { ReactNode } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'

interface WindowProps {
  readonly title: string
  readonly isOpen: boolean
  /** Whether it may be left just now. */
  readonly mayClose?: boolean
  readonly onClose: () => void
  readonly role?: 'dialog' | 'alertdialog'
  readonly children: ReactNode
}

/** A dialog: it keeps the focus, ends with Escape, and gives the focus back. */
export function Window({
  title,
  isOpen,
  mayClose = true,
  onClose,
  role = 'dialog',
  children,
}: WindowProps) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isDismissable={false}
      isKeyboardDismissDisabled={!mayClose}
      onOpenChange={(open) => {
        if (!open && mayClose) onClose()
      }}
    >
      <Modal className="modal">
        <Dialog role={role} className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
