export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  injectGlobals: false,
  restoreMocks: true,
  testTimeout: 120_000,
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
  modulePathIgnorePatterns: [
    '<rootDir>/.esbuild',
    '<rootDir>/.local',
    '<rootDir>/.serverless',
    '<rootDir>/clients/typescript/dist',
  ],
  collectCoverageFrom: ['lib/**/*.ts', 'functions/**/*.ts', 'clients/typescript/src/**/*.ts'],
  coverageProvider: 'v8',
  coverageReporters: ['text'],
  coverageThreshold: {
    global: { statements: 95, branches: 95, functions: 95, lines: 95 },
    './lib/license/': { statements: 100, branches: 100, functions: 100, lines: 100 },
  },
}
