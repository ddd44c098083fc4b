// How the end-to-end tests run: one worker for each of two cores, no retry (a test that passes only the second time
// has found something), every launch on a profile of its own. Called by `tools/test.mjs` and by `npx playwright test`.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../test-results',
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '../target/playwright.json' }]],
});
