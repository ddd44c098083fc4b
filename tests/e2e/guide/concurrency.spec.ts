// Calls at the same time, after the end, and across it. Every promise settles, with a result or with an Error that has
// a name, a code and a message. No acknowledged write is missing or there twice.
import { openPair } from './stage.ts';
import { type ScriptedPage, type Tab } from './tab.ts';
import type { Database } from '../../../elements/sqlite-elements.d.ts';
import { expect, test } from '../support/test.ts';

const schema = 'CREATE TABLE entry (id TEXT)';

/** Every call ends within this time: it is longer than the longest of the library's own limits, 10 s. */
const boundMs = 15_000;

/** How one call ended, as text: `ok`, the code of its error, or what was wrong with its end. */
type Ends = string;

/** The helpers in the page. */
interface Calls {
  /** The methods of the class that is loaded. */
  methods: string[];
  call: (db: Database, method: string) => Promise<Ends>;
  /** Ids of the acknowledged rows. */
  acknowledged: string[];
}
type CallingPage = ScriptedPage & { calls: Calls };

/** Defines `calls` in the page. An unknown method fails the test: the pairs must be complete. */
async function prepare(tab: Tab, tag: string): Promise<void> {
  await tab.page.evaluate(
    ([tag, boundMs]) => {
      const { Database } = globalThis as unknown as ScriptedPage;
      const acknowledged: string[] = [];
      let last = 0;
      const writing = async (write: (id: string) => Promise<unknown>) => {
        const id = `${tag} ${++last}`;
        await write(id);
        acknowledged.push(id);
      };
      const sql = 'INSERT INTO entry VALUES (?)';
      /** An error that another method, or the argument, may cause. */
      const unless = (expected: string) => (error: { code: string }) => {
        if (error.code !== expected) throw error;
      };
      const known: Record<string, (db: Database) => unknown> = {
        execute: (db) => writing((id) => db.execute(sql, [id])),
        executeWithParams: (db) => writing((id) => db.executeWithParams(sql, [id])),
        queueWrite: (db) => writing((id) => db.queueWrite(sql, [id])),
        queueWriteWithTimeout: (db) => writing((id) => db.queueWriteWithTimeout(sql, 8_000, [id])),
        batch: (db) => writing((id) => db.batch([[sql, [id]], 'SELECT 1'])),
        query: (db) => db.query('SELECT count(*) FROM entry').catch(unless('SQLITE_INTERRUPT')),
        import: (db) => db.import(new Uint8Array(16)).catch(unless('IMPORT_REFUSED')),
        classify: (db) => db.classify(sql),
        onDataChange: (db) => db.onDataChange(() => {}),
        liveQuery: (db) => db.liveQuery('SELECT count(*) FROM entry', [], () => {}),
        allowNonLeaderWrites: (db) => db.allowNonLeaderWrites(false),
        enableOptimisticUpdates: (db) => db.enableOptimisticUpdates(true),
        trackOptimisticWrite: (db) => db.trackOptimisticWrite(sql),
        enableCoordinationMetrics: (db) => db.enableCoordinationMetrics(true),
        recordLeadershipChange: (db) => db.recordLeadershipChange(true),
        recordNotificationLatency: (db) => db.recordNotificationLatency(1),
      };
      const withoutArguments =
        /^(isLeader|waitForLeadership|requestLeadership|getLeaderInfo|sync|close|isOptimisticMode|getPendingWritesCount|clearOptimisticWrites|isCoordinationMetricsEnabled|interrupt|export|recordWriteConflict|recordFollowerRefresh|getCoordinationMetrics|resetCoordinationMetrics)$/;
      const generated = /^(constructor|free|__.*|instanceId|storage)$/;
      const methods = Object.getOwnPropertyNames(Database.prototype).filter((name) => !generated.test(name));
      const ending = (error: any): Ends => {
        const whole = error instanceof Error && [error.name, (error as any).code, error.message].every(Boolean);
        return whole ? (error as any).code : `not an error of the library: ${error}`;
      };
      const call = async (db: Database, method: string): Promise<Ends> => {
        if (!(method in known) && !withoutArguments.test(method)) throw new Error(`no arguments known for ${method}`);
        const settled = (async () => (known[method] ?? ((db: any) => db[method]()))(db))().then(() => 'ok', ending);
        let timer: ReturnType<typeof setTimeout>;
        const late = new Promise<Ends>((done) => (timer = setTimeout(done, boundMs, `not settled in ${boundMs} ms`)));
        return Promise.race([settled, late]).finally(() => clearTimeout(timer));
      };
      Object.assign(globalThis, { calls: { methods, call, acknowledged } });
    },
    [tag, boundMs] as const,
  );
}

const methodsOf = (tab: Tab) => tab.page.evaluate(() => (globalThis as unknown as CallingPage).calls.methods);

/** Runs pairs of methods, each on its own object, one pair after the other or all at once. */
async function overlap(tab: Tab, pairs: [string, string][], how: 'in turn' | 'at once'): Promise<[string, Ends][]> {
  return tab.page.evaluate(
    async ([pairs, how]) => {
      const { Database, calls } = globalThis as unknown as CallingPage;
      const run = async ([first, second]: readonly [string, string]): Promise<[string, Ends][]> => {
        const db = await Database.newDatabase('guide.db');
        const both = await Promise.all([calls.call(db, first), calls.call(db, second)]);
        const closed = await calls.call(db, 'close');
        const name = `${first}, ${second}`;
        return [[name, both[0]!], [name, both[1]!], [`${name}, then close`, closed]]; // prettier-ignore
      };
      if (how === 'at once') return (await Promise.all(pairs.map(run))).flat();
      const all: [string, Ends][] = [];
      for (const pair of pairs) all.push(...(await run(pair)));
      return all;
    },
    [pairs, how] as const,
  );
}

/** The endings that a call may not have. */
function unexpected(endings: [string, Ends][], expected: string[]): [string, Ends][] {
  return endings.filter(([name, ends]) => {
    const closing = name.includes('close') && ends === 'DATABASE_CLOSED';
    return ends !== 'ok' && !closing && !expected.includes(ends);
  });
}

/** Every write that the tabs know as acknowledged is stored once, in both tabs. */
async function nothingIsMissing(tabs: Tab[]): Promise<void> {
  const told = await Promise.all(
    tabs.map(({ page }) => page.evaluate(() => (globalThis as unknown as CallingPage).calls.acknowledged)),
  );
  const acknowledged = told.flat();
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const tab of tabs) {
    await expect
      .poll(async () => {
        const stored = await tab.column('SELECT id FROM entry');
        const missing = acknowledged.filter((id) => !stored.includes(id));
        return { missing, twice: stored.length - new Set(stored).size };
      })
      .toEqual({ missing: [], twice: 0 });
  }
}

const pairsOf = (methods: string[]): [string, string][] =>
  methods.flatMap((first) => methods.map((second): [string, string] => [first, second]));

test('any two methods of the leader’s object overlap, and each call settles', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await prepare(leader, 'leader');
  await prepare(follower, 'follower');
  const methods = await methodsOf(leader);
  expect(methods.length).toBeGreaterThan(25);
  const endings = await overlap(leader, pairsOf(methods), 'in turn');
  expect(unexpected(endings, ['OPTIMISTIC_MODE_OFF'])).toEqual([]);
  await nothingIsMissing([leader, follower]);
});

test('any two methods of a follower’s object overlap, and each call settles', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await prepare(leader, 'leader');
  await prepare(follower, 'follower');
  const pairs = pairsOf(await methodsOf(follower));
  const moving = pairs.filter((pair) => pair.includes('requestLeadership'));
  const waiting = pairs.filter((pair) => !moving.includes(pair) && pair.includes('waitForLeadership'));
  const others = pairs.filter((pair) => !moving.includes(pair) && !waiting.includes(pair));
  const refused = ['OPTIMISTIC_MODE_OFF', 'WRITE_PERMISSION_DENIED'];
  expect(unexpected(await overlap(follower, others, 'in turn'), refused)).toEqual([]);
  expect(unexpected(await overlap(follower, waiting, 'at once'), [...refused, 'TIMEOUT'])).toEqual([]);
  for (const pair of moving) {
    expect(unexpected(await overlap(follower, [pair], 'in turn'), refused)).toEqual([]);
    if (await follower.leads()) expect((await leader.settle('own', 'requestLeadership')).error).toBeUndefined();
  }
  await nothingIsMissing([leader, follower]);
});

/** A hundred calls at once on three objects. The seed decides the methods. */
async function hundred(tab: Tab, seed: number): Promise<[string, Ends][]> {
  return tab.page.evaluate(async (seed) => {
    const { Database, calls } = globalThis as unknown as CallingPage;
    const objects = await Promise.all([0, 1, 2].map(() => Database.newDatabase('guide.db')));
    const methods = calls.methods.filter((name) => name !== 'close' && name !== 'waitForLeadership');
    let state = seed;
    // The constants of the generator in Numerical Recipes.
    const below = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit;
    const drawn = Array.from({ length: 100 }, () => [methods[below(methods.length)]!, objects[below(3)]!] as const);
    return Promise.all(
      drawn.map(async ([method, db]): Promise<[string, Ends]> => [method, await calls.call(db, method)]),
    );
  }, seed);
}

for (const seed of [1, 2, 3]) {
  test(`a hundred calls at once from each of two tabs all settle (seed ${seed})`, async ({ chromium, fixtures }) => {
    const tabs = await openPair(chromium, fixtures, { schema });
    await prepare(tabs[0], 'leader');
    await prepare(tabs[1], 'follower');
    const endings = await Promise.all(tabs.map((tab, at) => hundred(tab, seed * 10 + at)));
    expect(unexpected(endings.flat(), ['OPTIMISTIC_MODE_OFF', 'WRITE_PERMISSION_DENIED'])).toEqual([]);
    await nothingIsMissing(tabs);
  });
}

test('calls that are under way when their object is closed settle, and what was acknowledged is stored', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openPair(chromium, fixtures, { schema });
  for (const [at, tab] of tabs.entries()) {
    await prepare(tab, `tab ${at}`);
    const endings = await tab.page.evaluate(async () => {
      const { Database, calls } = globalThis as unknown as CallingPage;
      const db = await Database.newDatabase('guide.db');
      const methods = calls.methods.filter((name) => name !== 'close' && name !== 'requestLeadership');
      // Each method twice, so that some writes are in the queue, some on their way, and some being stored.
      const under = [...methods, ...methods].map((method) => calls.call(db, method));
      const closing = calls.call(db, 'close');
      return [await closing, ...(await Promise.all(under))];
    });
    const allowed = ['ok', 'DATABASE_CLOSED', 'OPTIMISTIC_MODE_OFF', 'WRITE_PERMISSION_DENIED'];
    expect(endings.filter((ends) => !allowed.includes(ends))).toEqual([]);
    expect(endings[0]).toBe('ok');
  }
  await nothingIsMissing(tabs);
});

test('after close every method says that the database is closed', async ({ chromium, fixtures }) => {
  for (const tab of await openPair(chromium, fixtures, { schema })) {
    await prepare(tab, 'closed');
    const endings = await tab.page.evaluate(async () => {
      const { db, calls } = globalThis as unknown as CallingPage;
      await db.close();
      const methods = calls.methods.filter((name) => name !== 'close');
      return Promise.all(methods.map(async (method) => [method, await calls.call(db, method)]));
    });
    expect(endings.filter(([, ends]) => ends !== 'DATABASE_CLOSED')).toEqual([]);
    expect((await tab.settle('own', 'execute', 'SELECT 1')).error).toBeUndefined();
  }
});
