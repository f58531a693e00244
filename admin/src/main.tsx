import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/queryClient.ts'
import { Announcer } from './components/Announcer.tsx'
import { router } from './router.tsx'
import { SignIn } from './session/SignIn.tsx'
import { applyTheme } from './session/theme.ts'
import { useSession } from './session/token.ts'
import './styles/base.css'
import './styles/components.css'
import './styles/layout.css'
import './styles/pages.css'

applyTheme()

function App() {
  const { token, notice } = useSession()
  return (
    <QueryClientProvider client={queryClient}>
      {token === undefined ? <SignIn notice={notice} /> : <RouterProvider router={router} />}
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
