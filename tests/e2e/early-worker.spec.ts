// The page's worker starts while the WebAssembly is still on its way, if a database will surely be opened.
import { type Page } from '@playwright/test';
import { leaderFirst, ready, write } from './support/database.ts';
import { expect, test } from './support/test.ts';

/** Holds the WebAssembly of a page back until the returned function is called. */
async function holdWasm(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/sqlite-elements.wasm', async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

test('a page with a database starts its worker while the WebAssembly is on its way', async ({ chromium, fixtures }) => {
  const page = await chromium.newTab();
  const release = await holdWasm(page);
  const started = page.waitForEvent('worker');
  await page.goto(fixtures.at('elements.html'));
  await started;
  release();
  await ready(page);
  await write(page, "INSERT INTO item (title) VALUES ('kept')");
  expect(page.workers()).toHaveLength(1);
  await page.unroute('**/sqlite-elements.wasm');
  await leaderFirst([page, await chromium.openTab(fixtures.at('elements.html'))]);
});

test('a page that only loads the library starts no worker until script opens a database', async ({
  chromium,
  fixtures,
}) => {
  const page = await chromium.openTab(fixtures.at('script.html'));
  const { before, rows } = await page.evaluate(async () => {
    const library: string = '/dist/sqlite-elements.js';
    const { default: init, Database } = await import(library);
    await init();
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const before = loaded.filter(({ initiatorType }) => initiatorType === 'worker');
    const db = await Database.newDatabase('early.db');
    return { before: before.length, rows: (await db.query('SELECT 1 AS one')).rows };
  });
  expect({ before, rows }).toEqual({ before: 0, rows: [{ one: 1 }] });
  expect(page.workers()).toHaveLength(1);
});

test('if the WebAssembly does not arrive, the worker that waited for it is ended, and the next call tries again', async ({
  chromium,
  fixtures,
}) => {
  chromium.expectComplaint(/sqlite-elements\.wasm|ERR_FAILED/);
  const page = await chromium.openTab(fixtures.at('script.html'));
  await page.route('**/sqlite-elements.wasm', (route) => route.abort());
  const opened = () =>
    page.evaluate(async () => {
      const library: string = '/dist/sqlite-elements.js';
      const { Database } = await import(library);
      return Database.newDatabase('early.db').then(
        () => 'open',
        ({ code }: { code: string }) => code,
      );
    });
  expect(await opened()).toBe('LIBRARY_NOT_LOADED');
  await expect.poll(() => page.workers().length).toBe(0);
  await page.unroute('**/sqlite-elements.wasm');
  expect(await opened()).toBe('open');
  expect(page.workers()).toHaveLength(1);
});
