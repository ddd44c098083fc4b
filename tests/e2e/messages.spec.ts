// Calls of one go travel in one message, and answers that follow one another closely too. Each caller still gets the own
// answer, in order, and no answer waits for a statement that came with it.
import { Tab, type ScriptedPage, type Surroundings } from './guide/tab.ts';
import { expect, test } from './support/test.ts';

const surroundings: Surroundings = { database: 'messages.db', schema: 'CREATE TABLE t (x)', db: 'Database' };

test('a thousand calls at once get their own answers, in the order of the calls', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const { own, order } = await tab.page.evaluate(async () => {
    const { db } = globalThis as unknown as ScriptedPage;
    const order: number[] = [];
    const calls = Array.from({ length: 1_000 }, async (_, at) => {
      const { rows } = await db.query('SELECT ? AS at, ? AS text', [at, 'x'.repeat(at)]);
      order.push(at);
      return rows[0]!.at === at && (rows[0]!.text as string).length === at;
    });
    return { own: (await Promise.all(calls)).every(Boolean), order };
  });
  expect(own).toBe(true);
  expect(order).toEqual(Array.from({ length: 1_000 }, (_, at) => at));
});

test('an answer does not wait for a long statement that was sent with the call', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const order = await tab.page.evaluate(async () => {
    const { db } = globalThis as unknown as ScriptedPage;
    const order: string[] = [];
    const first = db.query('SELECT 1').then(() => order.push('short'));
    // Runs until it is interrupted.
    const long = db
      .query('WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n')
      .catch(({ code }: { code: string }) => order.push(code));
    await first;
    await db.interrupt();
    await long;
    return order;
  });
  expect(order).toEqual(['short', 'SQLITE_INTERRUPT']);
});

test('a write of one go with a query is stored and answered', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const other = await Tab.open(chromium, fixtures, surroundings);
  const after = await tab.page.evaluate(async () => {
    const { db } = globalThis as unknown as ScriptedPage;
    const [, , { rows }] = await Promise.all([
      db.queueWrite('INSERT INTO t VALUES (1)'),
      db.queueWrite('INSERT INTO t VALUES (2)'),
      db.query('SELECT count(*) AS n FROM t'),
    ]);
    return { during: rows[0]!.n as number, after: (await db.query('SELECT count(*) AS n FROM t')).rows[0]!.n };
  });
  expect(after.during).toBeLessThanOrEqual(2);
  expect(after.after).toBe(2);
  await expect.poll(() => other.column('SELECT x FROM t ORDER BY x')).toEqual([1, 2]);
});
