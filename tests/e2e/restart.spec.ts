// A worker that dies is replaced: calls under way fail with an error, and everything else goes on as if nothing had
// happened.
import { type Page } from '@playwright/test';
import { Tab, type ScriptedPage, type Surroundings } from './guide/tab.ts';
import { ready, rowsOf, write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';
import {
  aboutTheDead,
  crash,
  endless,
  whereLongStatementsKill,
  whereTheFirstCommitKills,
  whereThereIsNoStore,
  whereTheStoreKills,
} from './support/worker.ts';

const surroundings: Surroundings = { database: 'restart.db', schema: 'CREATE TABLE t (x)', db: 'Database' };

test.beforeEach(({ chromium }) => chromium.expectComplaint(aboutTheDead));

/** How calls of the page end, in their order. */
const codes = (page: Page, calls: string[]) =>
  page.evaluate(
    async (calls) =>
      Promise.all(
        calls.map((call) =>
          new Function('db', `return ${call}`)((globalThis as any).db).then(
            () => 'done',
            (error: { code: string }) => error.code,
          ),
        ),
      ),
    calls,
  );

test('calls under way in a worker that dies are told so, and the next ones are answered', async ({
  chromium,
  fixtures,
}) => {
  const tab = await Tab.open(whereLongStatementsKill(chromium), fixtures, surroundings);
  const seen = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const ended = (call: Promise<unknown>) =>
      call.then(
        () => ({ code: 'done', message: '' }),
        ({ code, message }) => ({ code, message }),
      );
    const calls = [db.query(endless), db.query('SELECT 1'), db.queueWrite('INSERT INTO t VALUES (1)'), db.sync()];
    const outcomes = await Promise.all(calls.map(ended));
    const { rows } = await db.query('SELECT count(*) AS n FROM t');
    const written = await db.queueWrite('INSERT INTO t VALUES (2)');
    return { outcomes, rows, written: written.rowsAffected };
  }, endless);
  expect(seen.outcomes.map(({ code }) => code)).toEqual(['WORKER_CRASHED', 'WORKER_CRASHED', 'WORKER_CRASHED', 'done']);
  expect(seen.outcomes[1]!.message).toContain('no effect');
  expect(seen.outcomes[2]!.message).toContain('may or may not');
  expect(seen).toMatchObject({ rows: [{ n: 0 }], written: 1 });
});

test('callbacks, live queries, and what was allowed outlive the worker', async ({ chromium, fixtures }) => {
  const leader = await Tab.open(chromium, fixtures, surroundings);
  const tab = await Tab.open(chromium, fixtures, surroundings);
  await tab.page.evaluate(async () => {
    const { db } = globalThis as unknown as ScriptedPage;
    const told: Record<string, unknown> = { commits: 0 };
    Object.assign(globalThis, { told });
    db.onDataChange(() => (told.commits = Number(told.commits) + 1));
    db.liveQuery('SELECT count(*) AS n FROM t', [], (rows, error) => (told.n = error ?? rows!.rows[0]!.n));
    await db.allowNonLeaderWrites(true);
    await db.enableCoordinationMetrics(true);
  });
  const told = () => tab.page.evaluate(() => (globalThis as any).told);
  await expect.poll(told).toMatchObject({ n: 0 });
  await crash(tab.page);
  // Only the leader may, unless followers are allowed to. This tab follows.
  await expect.poll(() => codes(tab.page, ['db.isCoordinationMetricsEnabled()'])).toEqual(['done']);
  expect((await tab.settle('db', 'execute', 'INSERT INTO t VALUES (1)')).error).toBeUndefined();
  await expect.poll(told).toMatchObject({ n: 1 });
  await leader.write('INSERT INTO t VALUES (2)');
  await expect.poll(told).toMatchObject({ n: 2, commits: 1 });
  expect(await tab.page.evaluate(() => (globalThis as any).db.isCoordinationMetricsEnabled())).toBe(true);
});

test('when the worker of the leader dies another tab leads, and this one follows', async ({ chromium, fixtures }) => {
  const leader = await Tab.open(chromium, fixtures, surroundings);
  const follower = await Tab.open(chromium, fixtures, surroundings);
  await leader.write('INSERT INTO t VALUES (1)');
  await crash(leader.page);
  await expect.poll(() => follower.leads()).toBe(true);
  await follower.write('INSERT INTO t VALUES (2)');
  await leader.write('INSERT INTO t VALUES (3)');
  expect(await leader.column('SELECT x FROM t ORDER BY x')).toEqual([1, 2, 3]);
  await expect.poll(async () => (await leader.leaderInfo()).leaderId).toBe((await follower.leaderInfo()).instanceId);
});

test('a transaction that was open in a worker that died is told as lost, until it is rolled back', async ({
  chromium,
  fixtures,
}) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  await tab.execute(['BEGIN', 'INSERT INTO t VALUES (1)']);
  await crash(tab.page);
  expect(await tab.refusal('INSERT INTO t VALUES (2)')).toBe('TRANSACTION_LOST');
  await crash(tab.page);
  expect(await tab.refusal('INSERT INTO t VALUES (3)'), 'also after another death').toBe('TRANSACTION_LOST');
  await expect.poll(() => tab.leads()).toBe(true);
  await tab.execute(['ROLLBACK', 'INSERT INTO t VALUES (4)']);
  expect(await tab.column('SELECT x FROM t')).toEqual([4]);
});

test('a live query that kills its worker is ended, and the others go on', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(whereLongStatementsKill(chromium), fixtures, surroundings);
  await tab.page.evaluate((endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const told: Record<string, unknown> = {};
    Object.assign(globalThis, { told });
    const watch = (name: string, sql: string) =>
      db.liveQuery(sql, [], (rows, error) => (told[name] = error?.code ?? rows!.rows[0]!.n));
    watch('before', 'SELECT count(*) AS n FROM t');
    watch('poison', endless);
    watch('after', 'SELECT count(*) + 10 AS n FROM t');
  }, endless);
  const told = () => tab.page.evaluate(() => (globalThis as any).told);
  await expect.poll(told).toEqual({ before: 0, poison: 'QUERY_POISONED', after: 10 });
  await tab.write('INSERT INTO t VALUES (1)');
  await expect.poll(told).toEqual({ before: 1, poison: 'QUERY_POISONED', after: 11 });
});

test('a database whose opening kills the worker is given up after three workers, and can be deleted', async ({
  chromium,
  fixtures,
}) => {
  const page = await whereTheStoreKills(chromium).openTab(fixtures.at('script.html'));
  let workers = 0;
  page.on('worker', () => (workers += 1));
  const seen = await page.evaluate(async () => {
    const library: string = '/dist/sqlite-elements.js';
    const { Database } = await import(library);
    const opening = await Database.newDatabase('record.db').catch((error: { code: string }) => error.code);
    const { file } = await Database.recover('record.db');
    await Database.delete('record.db');
    return { opening, recovered: file.length };
  });
  expect(seen).toEqual({ opening: 'WORKER_CRASHED', recovered: 0 });
  expect(workers).toBe(3);
});

test('a database that was deleted while its worker was down is not begun anew in silence', async ({
  chromium,
  fixtures,
}) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  await tab.write('INSERT INTO t VALUES (1)');
  await tab.page.evaluate(async () => {
    const { Database } = globalThis as unknown as ScriptedPage;
    // The worker is dead before it can hear of the deletion.
    const { terminate } = Worker.prototype;
    Worker.prototype.terminate = function () {
      terminate.call(this);
      void Database.delete('restart.db');
    };
  });
  await crash(tab.page);
  await expect.poll(() => tab.refusal('SELECT 1')).toBe('STORAGE_GONE');
});

test('a database in memory dies with its worker, and says so', async ({ chromium, fixtures }) => {
  chromium.expectComplaint(/kept in the memory/);
  const page = await whereThereIsNoStore(chromium).openTab(fixtures.at('elements.html'));
  await ready(page);
  await expect(page.locator('sqlite-db')).toHaveAttribute('storage', 'memory');
  await crash(page);
  await expect(page.locator('sqlite-db')).toHaveAttribute('state', 'error');
  const error = await page.locator('sqlite-db').evaluate((element) => (element as any).error.message as string);
  expect(error).toContain('it is gone');
});

test('a page of elements goes on when its worker dies', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['one']);
  await add(
    page,
    '<sqlite-query sql="SELECT title FROM item ORDER BY id"><p><template>{{title}} </template></p></sqlite-query>',
  );
  await expect(page.locator('sqlite-query')).toHaveText('one');
  await crash(page);
  await write(page, "INSERT INTO item (title) VALUES ('two')");
  await expect(page.locator('sqlite-query')).toHaveText('one two');
  await expect(page.locator('sqlite-db')).toHaveAttribute('state', 'ready');
  await expect(page.locator('sqlite-db')).toHaveAttribute('leader', '');
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM item')).toEqual([{ n: 2 }]);
});

test('a worker that dies while the page migrates is no failure of the page', async ({ chromium, fixtures }) => {
  const page = await whereTheFirstCommitKills(chromium).openTab(fixtures.at('elements.html'));
  await ready(page);
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM item')).toEqual([{ n: 0 }]);
});
