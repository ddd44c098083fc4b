// The page ends and replaces a worker that gives no sign of life, but not a worker that is only busy.
import { type CDPSession } from '@playwright/test';
import { Tab, type ScriptedPage, type Surroundings } from './guide/tab.ts';
import { expect, test } from './support/test.ts';
import { aboutTheDead, endless, hanging, vanish } from './support/worker.ts';

const surroundings: Surroundings = { database: 'watched.db', schema: 'CREATE TABLE t (x)', db: 'Database' };
/** The watchdog's time limit, and what a busy machine adds to it. */
const patience = { timeout: 40_000 };

test.beforeEach(({ chromium }) => chromium.expectComplaint(aboutTheDead));

test('a query that hangs inside one instruction is ended, and the tab and others go on', async ({
  chromium,
  fixtures,
}) => {
  test.setTimeout(120_000);
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const other = await Tab.open(chromium, fixtures, surroundings);
  const seen = await tab.page.evaluate(async (hanging) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const hung = db.query(hanging).catch(({ code, message }) => ({ code, message }));
    const behind = db.queueWriteWithTimeout('INSERT INTO t VALUES (1)', 60_000).catch(({ code }) => code);
    return { hung: await hung, behind: await behind, next: (await db.query('SELECT 1 AS one')).rows };
  }, hanging);
  expect(seen.hung).toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringContaining('no sign of life') });
  expect(seen).toMatchObject({ behind: 'WORKER_CRASHED', next: [{ one: 1 }] });
  await tab.write('INSERT INTO t VALUES (2)');
  expect(await other.column('SELECT x FROM t')).toEqual([2]);
});

test('a live query that hangs is ended in its place, and the others go on', async ({ chromium, fixtures }) => {
  test.setTimeout(120_000);
  const tab = await Tab.open(chromium, fixtures, surroundings);
  await tab.page.evaluate((hanging) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const told: Record<string, unknown> = {};
    Object.assign(globalThis, { told });
    const watch = (name: string, sql: string) =>
      db.liveQuery(sql, [], (rows, error) => (told[name] = error?.code ?? rows!.rows[0]!.n));
    watch('hanging', hanging);
    watch('other', 'SELECT count(*) AS n FROM t');
  }, hanging);
  const told = () => tab.page.evaluate(() => (globalThis as any).told);
  await expect.poll(told, { timeout: 60_000 }).toEqual({ hanging: 'QUERY_POISONED', other: 0 });
  await tab.write('INSERT INTO t VALUES (1)');
  await expect.poll(told).toEqual({ hanging: 'QUERY_POISONED', other: 1 });
});

test('a worker that is gone without a word is replaced, though nothing was asked of it', async ({
  chromium,
  fixtures,
}) => {
  const [tab, other] = [
    await Tab.open(chromium, fixtures, surroundings),
    await Tab.open(chromium, fixtures, surroundings),
  ];
  await tab.page.evaluate(() => {
    const { db } = globalThis as unknown as ScriptedPage;
    db.liveQuery('SELECT count(*) AS n FROM t', [], (rows) => Object.assign(globalThis, { n: rows!.rows[0]!.n }));
  });
  await vanish(tab.page);
  await other.write('INSERT INTO t VALUES (1)');
  await expect.poll(() => tab.page.evaluate(() => (globalThis as any).n), patience).toBe(1);
});

test('a worker that is busy for longer than the bound is left to it', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const workers: unknown[] = [];
  tab.page.on('worker', (worker) => workers.push(worker));
  const given = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    return db.query(endless, [], { signal: AbortSignal.timeout(15_000) }).catch((error: Error) => error.name);
  }, endless);
  expect(given).toBe('TimeoutError');
  expect(await tab.column('SELECT 1')).toEqual([1]);
  expect(workers).toEqual([]);
});

test('a page that is frozen for longer than the bound keeps its worker', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const workers: unknown[] = [];
  tab.page.on('worker', (worker) => workers.push(worker));
  const devtools: CDPSession = await tab.page.context().newCDPSession(tab.page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  // In a page in which nothing happens, the test can only wait for a time. A shorter time would only show less.
  await new Promise((resolve) => setTimeout(resolve, 14_000));
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await tab.write('INSERT INTO t VALUES (1)');
  // A few ticks of the page that is awake.
  await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
  expect(workers).toEqual([]);
});

test('a database can be deleted though a tab hangs that has it open', async ({ chromium, fixtures }) => {
  test.setTimeout(120_000);
  const tab = await Tab.open(chromium, fixtures, surroundings);
  await tab.write('INSERT INTO t VALUES (1)');
  const other = await chromium.openTab(fixtures.at('script.html'));
  const hung = tab.settle('db', 'query', hanging);
  await other.evaluate(async () => {
    const library: string = '/dist/sqlite-elements.js';
    await (await import(library)).Database.delete('watched.db');
  });
  expect((await hung).error!.code).toBe('WORKER_CRASHED');
  await expect.poll(() => tab.refusal('SELECT 1')).toBe('STORAGE_GONE');
});
