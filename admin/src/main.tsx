import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/queryClient.ts'
import { Announcer } from './components/Announcer.tsx'
import { router } from './router.tsx'
import { SignIn } from './session/SignIn.tsx'
import { applyTheme } from './session/theme.ts'
import { useToken } from './session/token.ts'
import './styles/base.css'
import './styles/layout.css'
import './styles/controls.css'
import './styles/messages.css'
import './styles/dialogs.css'
import './styles/figures.css'
import './styles/tables.css'
import './styles/license.css'
import './styles/narrow.css'

applyTheme()

function App() {
  const { token, why } = useToken()
  return (
    <QueryClientProvider client={queryClient}>
      {token === undefined ? <SignIn why={why} /> : <RouterProvider router={router} />}
      <Announcer />
    </QueryClientProvider>
  )
}

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
