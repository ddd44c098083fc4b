// How the tests in other engines than Chromium run: one worker, and so one browser, for each engine that is there.
// Called by `tools/test.mjs`. Playwright only runs them: it does not drive Debian's builds of these browsers.
import { defineConfig } from '@playwright/test';
import { enginesFound } from '../tools/setup/browsers.mjs';
import { type Engine } from './browsers/test.ts';

// What is driven in a way of its own.
const others: Record<Engine, string[]> = {
  firefox: ['**/minibrowser.spec.ts'],
  webkitgtk: ['**/crashes.spec.ts', '**/lease.spec.ts', '**/restart.spec.ts'],
};

export default defineConfig<object, { engine: Engine }>({
  testDir: 'browsers',
  outputDir: '../test-results/browsers',
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '../target/playwright-browsers.json' }]],
  projects: enginesFound().map((engine) => ({ name: engine, use: { engine }, testIgnore: others[engine] })),
});
