// The class Database as the guide has it, from script, in real tabs.
import { type Page } from '@playwright/test';
import type { Database } from '../../elements/sqlite-elements.d.ts';
import { type Browser } from './support/browser.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

type Opened = typeof globalThis & { db: Database };

/** A tab that has opened `guide.db` as `db`. */
async function opened(chromium: Browser, fixtures: Origin): Promise<Page> {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await page.evaluate(async () => {
    const library: string = '/dist/sqlite-elements.js';
    const { Database } = await import(library);
    (globalThis as Opened).db = await Database.newDatabase('guide.db');
  });
  return page;
}

test('the first tab may write at once, the second is refused until its writes are allowed', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = [await opened(chromium, fixtures), await opened(chromium, fixtures)];
  await leader.evaluate(async () => {
    const { db } = globalThis as Opened;
    await db.execute('CREATE TABLE users (name TEXT)');
    await db.execute("INSERT INTO users (name) VALUES ('Alice')");
    await db.sync();
  });
  const refused = await follower.evaluate(() =>
    (globalThis as Opened).db.execute("INSERT INTO users (name) VALUES ('Bob')").catch(({ code, message }) => ({
      code,
      message,
    })),
  );
  expect(refused).toMatchObject({ code: 'WRITE_PERMISSION_DENIED' });
  const names = await follower.evaluate(async () => {
    const { db } = globalThis as Opened;
    await db.allowNonLeaderWrites(true);
    await db.execute("INSERT INTO users (name) VALUES ('Bob')");
    return (await db.execute('SELECT name FROM users ORDER BY rowid')).rows.map(({ name }) => name);
  });
  expect(names).toEqual(['Alice', 'Bob']);
});

test('waiting for leadership ends when the tab leads, or says after 5 s that another does', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = [await opened(chromium, fixtures), await opened(chromium, fixtures)];
  const wait = () =>
    (globalThis as Opened).db.waitForLeadership().then(
      () => 'leads',
      ({ code, message }) => `${code}: ${message}`,
    );
  expect(await leader.evaluate(wait)).toBe('leads');
  expect(await follower.evaluate(wait)).toMatch(/^TIMEOUT: timeout/);
  const waiting = follower.evaluate(wait);
  await leader.close();
  expect(await waiting).toBe('leads');
  expect(await follower.evaluate(() => (globalThis as Opened).db.isLeader())).toBe(true);
});
