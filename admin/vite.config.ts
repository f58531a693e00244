import { defineConfig } from 'vite'

/** For `npx vite admin`: where the API is served. */
const API = 'http://localhost:8000'

export default defineConfig({
  base: '/admin/',
  build: {
    target: 'es2023',
    // Lists the files that each page loads, for the test of its size. Hidden, so that it is neither deployed nor served.
    manifest: '.manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Packages mark what also runs in a browser; all of this does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: { proxy: { '/api': API } },
})
