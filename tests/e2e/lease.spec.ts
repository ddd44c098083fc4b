// A plain-http origin: what browsers reserve for secure contexts is missing, including Web Locks, and everything works.
import { type Page } from '@playwright/test';
import { type Browser } from './support/browser.ts';
import { leaderFirst, leading, ready, rowsOf, write } from './support/database.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

const titles = 'SELECT title FROM todo ORDER BY id';

async function openTab(chromium: Browser, demos: Origin): Promise<Page> {
  const page = await chromium.openTab(demos.plainlyAt('todo.html'));
  const has = await page.evaluate(() => [isSecureContext, 'locks' in navigator, 'randomUUID' in crypto]);
  expect(has, 'secure context, Web Locks, randomUUID').toEqual([false, false, false]);
  await ready(page);
  return page;
}

async function close(page: Page): Promise<void> {
  await page.locator('sqlite-db').evaluate(async (element) => {
    const { database } = element as HTMLElement & { database: { close(): Promise<void> } };
    element.remove();
    await database.close();
  });
}

test('without Web Locks one tab leads, and when it closes the next one has all that was written', async ({
  chromium,
  demos,
}) => {
  const pages = [await openTab(chromium, demos), await openTab(chromium, demos), await openTab(chromium, demos)];
  const [leader, next, last] = await leaderFirst(pages);
  expect(leader).toBe(pages[0]);
  const before = (await rowsOf(leader!, titles)).length;
  await write(next!, 'INSERT INTO todo (title) VALUES (?)', ['from a follower']);
  for (const page of pages) await expect(page.locator('label').filter({ hasText: 'from a follower' })).toBeVisible();

  const pending = [1, 2, 3].map((n) => write(last!, 'INSERT INTO todo (title) VALUES (?)', [`in the gap ${n}`]));
  const since = Date.now();
  await leader!.close();
  await leading(next!);
  console.log(`    another tab leads ${Date.now() - since} ms after the leader's tab was closed`);
  await Promise.all(pending);
  const rows = (await rowsOf(next!, titles)).map(({ title }) => title);
  expect(rows.slice(before)).toEqual(['from a follower', 'in the gap 1', 'in the gap 2', 'in the gap 3']);
  expect(await rowsOf(last!, titles)).toEqual(await rowsOf(next!, titles));
});

test('without Web Locks a write that is made as the leader crashes is done within its own timeout', async ({
  chromium,
  demos,
}) => {
  const pages = [await openTab(chromium, demos), await openTab(chromium, demos), await openTab(chromium, demos)];
  const [leader, next, last] = await leaderFirst(pages);
  await write(last!, "INSERT INTO todo (title) VALUES ('before')");
  const devtools = await leader!.context().newCDPSession(leader!);
  const crashed = leader!.waitForEvent('crash');
  // Never answered: the process that would answer is gone.
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  const since = Date.now();
  // These wait for 5 s, and no longer.
  await Promise.all([
    write(last!, "INSERT INTO todo (title) VALUES ('just after')"),
    write(next!, "INSERT INTO todo (title) VALUES ('just after')"),
  ]);
  console.log(`    written ${Date.now() - since} ms after the leader had crashed`);
  expect((await rowsOf(next!, titles)).slice(-3).map(({ title }) => title)).toEqual([
    'before',
    'just after',
    'just after',
  ]);
});

test('without Web Locks a database that is closed is led by another tab at once', async ({ chromium, demos }) => {
  const [leader, next] = await leaderFirst([await openTab(chromium, demos), await openTab(chromium, demos)]);
  const since = Date.now();
  await close(leader!);
  await leading(next!);
  const tookMs = Date.now() - since;
  console.log(`    another tab leads ${tookMs} ms after the database was closed`);
  expect(tookMs, 'no lease had to lapse').toBeLessThan(3_000);
});

test('without Web Locks the only tab can be reloaded', async ({ chromium, demos }) => {
  const page = await openTab(chromium, demos);
  await write(page, "INSERT INTO todo (title) VALUES ('kept')");
  const since = Date.now();
  await page.reload();
  await write(page, "INSERT INTO todo (title) VALUES ('next')");
  console.log(`    the first write is stored ${Date.now() - since} ms after the reload`);
  expect((await rowsOf(page, titles)).slice(-2)).toEqual([{ title: 'kept' }, { title: 'next' }]);
});
