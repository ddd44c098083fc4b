// `test` and `expect` as every spec imports them: Playwright's, with a browser whose tabs share one profile.
//
// - Per worker: `demos` (demo/ and the library) and `fixtures` (tests/e2e/pages/ and the library), each an origin; and
//   a running Chromium.
// - Per test: `chromium`, an empty profile in it, or `installed`, a separate Chromium with its data on disk. The test
//   fails if a tab complains of something that the test did not announce.
import { expect, test as base, type Browser as Process } from '@playwright/test';
import { Browser, Installed, startProcess } from './browser.ts';
import { Origin } from './origin.ts';

interface PerTest {
  chromium: Browser;
  installed: Installed;
}

interface PerWorker {
  demos: Origin;
  fixtures: Origin;
  running: Process;
}

/** Fails if anything went wrong in any tab that the test did not announce. */
export function expectNoComplaints(browser: Browser): void {
  expect(browser.complaints, 'errors in the console, uncaught exceptions, failed requests').toEqual([]);
}

export const test = base.extend<PerTest, PerWorker>({
  demos: [
    async ({}, use) => {
      const origin = await Origin.of('demo');
      await use(origin);
      await origin.close();
    },
    { scope: 'worker' },
  ],
  fixtures: [
    async ({}, use) => {
      const origin = await Origin.of('tests/e2e/pages');
      await use(origin);
      await origin.close();
    },
    { scope: 'worker' },
  ],
  running: [
    async ({}, use) => {
      const running = await startProcess();
      await use(running);
      await running.close();
    },
    { scope: 'worker' },
  ],
  chromium: async ({ demos, running }, use) => {
    const browser = await Browser.in(running, demos.url);
    await use(browser);
    await browser.close();
    expectNoComplaints(browser);
  },
  installed: async ({ demos }, use) => {
    const browser = await Installed.start(demos.url);
    await use(browser);
    await browser.close();
    expectNoComplaints(browser);
  },
});

export { expect };
