import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** The long ones (`npm run proof`) carry `.proof.` in their names and stay out of `npm test`. */
const isProof = process.env['PROOF'] === '1'

export default defineConfig({
  // the one that Node takes: vite prefers the package's ES modules, and two copies of graphql refuse each other's types
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: isProof ? ['tests/**/*.proof.test.ts'] : ['tests/**/*.test.ts'],
    exclude: isProof ? [] : ['tests/**/*.proof.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: isProof ? 600_000 : 30_000,
    // two processes start for each file where tests are told to use two
    hookTimeout: process.env['TWO_PROCESSES'] ? 300_000 : 60_000,
    reporters: ['default'],
  },
})
