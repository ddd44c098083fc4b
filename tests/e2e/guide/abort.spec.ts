// Queries that run for long, and how script stops them.
import { openPair } from './stage.ts';
import { type ScriptedPage } from './tab.ts';
import { expect, test } from '../support/test.ts';

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

test('a query without an end is stopped by its signal, and the tab goes on', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures, { schema: 'CREATE TABLE log (entry TEXT)' });
  const seen = await leader.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const given = new AbortController();
    const running = db.query(endless, [], { signal: given.signal }).catch((error: unknown) => error);
    // It waits behind the running query, and would wait for ever.
    const next = db.query<{ one: number }>('SELECT 1 AS one').then(({ rows }) => rows[0]!.one);
    const first = await Promise.race([next, new Promise((resolve) => setTimeout(() => resolve('nothing'), 500))]);
    given.abort();
    const reason = await running;
    return { first, isReason: reason === given.signal.reason, next: await next };
  }, endless);
  expect(seen).toEqual({ first: 'nothing', isReason: true, next: 1 });
});

test('a query whose signal was aborted before does not run, and one whose signal is not aborted is a query', async ({
  chromium,
  fixtures,
}) => {
  const [leader] = await openPair(chromium, fixtures, { schema: 'CREATE TABLE log (entry TEXT)' });
  const seen = await leader.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const { signal } = new AbortController();
    const { rows } = await db.query('SELECT 1 AS one', [], { signal });
    // Long enough for the worker to look more than once.
    const counted = await db.query(endless.replace('FROM n)', 'FROM n WHERE i < 3000000)'), [], { signal });
    const before = await db.query(endless, [], { signal: AbortSignal.abort('no') }).catch((error: unknown) => error);
    const options = { signal: 'soon' } as unknown as { signal: AbortSignal };
    const wrong = await db.query('SELECT 1', [], options).catch(({ code }) => code);
    return { rows, counted: counted.rows, before, wrong };
  }, endless);
  expect(seen).toEqual({
    rows: [{ one: 1 }],
    counted: [{ 'count(*)': 3_000_000 }],
    before: 'no',
    wrong: 'ARGUMENT_TYPE',
  });
});

test('interrupt stops what runs and what waits, live queries too, and no write', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures, { schema: 'CREATE TABLE log (entry TEXT)' });
  const seen = await leader.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const codeOf = ({ code }: { code: string }) => code;
    const failed = new Promise((resolve) => db.liveQuery(endless, [], (rows, error) => resolve(rows ?? error!.code)));
    const executed = db.execute(endless).catch(codeOf);
    const queried = db.query(endless).catch(codeOf);
    const written = db.queueWrite("INSERT INTO log VALUES ('kept')");
    await db.interrupt();
    const stopped = [await queried, await executed, await failed];
    return { stopped, written: (await written).rowsAffected };
  }, endless);
  expect(seen).toEqual({ stopped: Array(3).fill('SQLITE_INTERRUPT'), written: 1 });
});

test('an interrupt stops nothing that comes after it', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures, { schema: 'CREATE TABLE log (entry TEXT)' });
  const counted = await leader.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    for (let round = 0; round < 5; round += 1) await db.interrupt();
    const { rows } = await db.query(endless.replace('FROM n)', 'FROM n WHERE i < 3000000)'));
    return rows;
  }, endless);
  expect(counted).toEqual([{ 'count(*)': 3_000_000 }]);
});
