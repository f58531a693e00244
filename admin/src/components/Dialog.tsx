import type { ReactNode } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'

interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  /** Whether it may be left just now. */
  readonly canClose?: boolean
  readonly onClose: () => void
  readonly role?: 'dialog' | 'alertdialog'
  readonly children: ReactNode
}

/** A dialog: it keeps the focus, ends with Escape, and gives the focus back. */
export function Dialog({
  title,
  isOpen,
  canClose = true,
  onClose,
  role = 'dialog',
  children,
}: DialogProps) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isDismissable={false}
      isKeyboardDismissDisabled={!canClose}
      onOpenChange={(open) => {
        if (!open && canClose) onClose()
      }}
    >
      <Modal className="modal">
        <AriaDialog role={role} className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
