import { defineConfig } from 'vite'

/** The API for the development server, `npx vite admin`. */
const API = 'http://localhost:8000'

export default defineConfig({
  base: '/admin/',
  build: {
    target: 'es2023',
    // Lists the files of each page for the size test. Hidden files are neither deployed nor served.
    manifest: '.manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Packages contain `use client` directives, which mean nothing in a browser build.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: { proxy: { '/api': API } },
})
