// `test` and `expect` as every spec imports them: Playwright's, with a browser whose tabs share one profile.
// Per worker: `demos` (demo/ and the library) and `fixtures` (tests/e2e/pages/ and the library), each an origin.
// Per test: `chromium`, on an empty profile; the test fails if a tab complains of something that it did not announce.
import { expect, test as base } from '@playwright/test';
import { Browser } from './browser.ts';
import { Origin } from './origin.ts';

interface PerTest {
  chromium: Browser;
}

interface PerWorker {
  demos: Origin;
  fixtures: Origin;
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
  chromium: async ({ demos }, use) => {
    const browser = await Browser.start(demos.url);
    await use(browser);
    await browser.close();
    expect(browser.complaints, 'errors in the console, uncaught exceptions, failed requests').toEqual([]);
  },
});

export { expect };
