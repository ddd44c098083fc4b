// The main thread never runs SQL: a page responds to its user while a long query runs.
import { type Page } from '@playwright/test';
import { type DatabaseElement, ready } from './support/database.ts';
import { expect, test } from './support/test.ts';

const longEnoughMs = 2_000;
// If the main thread ran the query, it would be blocked for all of `longEnoughMs`. A busy machine may take this long
// anyway.
const promptMs = longEnoughMs / 2;

/** What a page observes of its own main thread. */
interface Watch {
  clicks: number;
  /** From a click, as the browser times it, to its handler. */
  slowestClickMs: number;
  frames: number;
  longestTaskMs: number;
}

const counting = (rows: number) =>
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${rows}) SELECT count(*) AS n FROM c`;

/** Begins a new watch. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watch: Watch = { clicks: 0, slowestClickMs: 0, frames: 0, longestTaskMs: 0 };
    Object.assign(globalThis, { watch });
    document.querySelector('button')!.addEventListener('click', (event) => {
      watch.clicks += 1;
      watch.slowestClickMs = Math.max(watch.slowestClickMs, performance.now() - event.timeStamp);
    });
    const frame = () => {
      watch.frames += 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) watch.longestTaskMs = Math.max(watch.longestTaskMs, task.duration);
    }).observe({ type: 'longtask' });
  });
}

const noticed = (page: Page) => page.evaluate(() => (globalThis as unknown as { watch: Watch }).watch);

/** Clicks again and again while the page's database runs a query. */
async function clickDuring(page: Page, sql: string) {
  await watch(page);
  let running = true;
  const query = page
    .locator('sqlite-db')
    .evaluate(async (element, sql) => {
      const start = performance.now();
      const { rows } = await (element as DatabaseElement).database.execute(sql);
      return { rows, tookMs: performance.now() - start };
    }, sql)
    .finally(() => (running = false));
  let clicked = 0;
  while (running) {
    await page.getByRole('button').click();
    clicked += 1;
  }
  return { clicked, seen: await noticed(page), ...(await query) };
}

test('the page keeps answering clicks while a query of 2 s runs', async ({ chromium, fixtures }) => {
  const page = await chromium.openTab(fixtures.at('busy.html'));
  await ready(page);
  // How many rows SQLite counts in two seconds depends on the machine.
  let count = 250_000;
  let during = await clickDuring(page, counting(count));
  while (during.tookMs < longEnoughMs) {
    count *= 2;
    during = await clickDuring(page, counting(count));
  }
  console.log(`    query ${Math.round(during.tookMs)} ms, meanwhile ${JSON.stringify(during.seen)}`);
  expect(during.rows).toEqual([{ n: count }]);
  expect(during.seen.clicks).toBe(during.clicked);
  // If the main thread ran the query, the page would answer one click, after the query.
  expect(during.seen.clicks).toBeGreaterThan(1);
  expect(during.seen.frames).toBeGreaterThan(1);
  expect(during.seen.slowestClickMs).toBeLessThan(promptMs);
  expect(during.seen.longestTaskMs).toBeLessThan(promptMs);
});

test('a main thread that is kept busy would be noticed', async ({ chromium, fixtures }) => {
  const page = await chromium.openTab(fixtures.at('busy.html'));
  await watch(page);
  await page.evaluate((busyMs) => {
    document.querySelector('button')!.addEventListener('pointerdown', () => {
      const end = performance.now() + busyMs;
      while (performance.now() < end);
    });
  }, 2 * promptMs);
  await page.getByRole('button').click();
  await expect.poll(async () => (await noticed(page)).longestTaskMs).toBeGreaterThan(promptMs);
});
