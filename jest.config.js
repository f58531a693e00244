/** The part of the configuration that every project shares. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  injectGlobals: false,
  restoreMocks: true,
  modulePathIgnorePatterns: [
    '<rootDir>/.local',
    '<rootDir>/.serverless',
    '<rootDir>/clients/typescript/dist',
  ],
}

const project = (name, options = {}) => ({
  ...shared,
  displayName: name,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  ...options,
})

const database = {
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
}

export default {
  projects: [
    project('unit'),
    project('integration', database),
    project('e2e', {
      globalSetup: '<rootDir>/tests/support/e2eSetup.ts',
      globalTeardown: '<rootDir>/tests/support/e2eTeardown.ts',
    }),
  ],
  testSequencer: '<rootDir>/tests/support/sequencer.mjs',
  // Ends a test that hangs. Slow machines must not reach it.
  testTimeout: 10 * 60_000,
  collectCoverageFrom: ['lib/**/*.ts', 'functions/**/*.ts', 'clients/typescript/src/**/*.ts'],
  // Asking V8 for its counters after each test file takes as long as the tests: it counts every script of the process.
  coverageProvider: 'babel',
  coverageReporters: ['text'],
  coverageThreshold: {
    global: { statements: 95, branches: 95, functions: 95, lines: 95 },
    './lib/license/': { statements: 100, branches: 100, functions: 100, lines: 100 },
  },
}
