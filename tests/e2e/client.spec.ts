// The page's side of the API, used by script in real tabs: every promise settles, whatever is closed meanwhile, and the
// guide's wrapper MultiTabDatabase keeps its promises.
import { type Page } from '@playwright/test';
import type * as Library from '../../elements/sqlite-elements.d.ts';
import { type Browser } from './support/browser.ts';
import { ready } from './support/database.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

type Opened = typeof globalThis & {
  library: typeof Library;
  db: Library.Database;
  wrapper: Library.MultiTabDatabase;
  refreshes: number;
};

/** A tab with the library loaded, and `client.db` open as `db`. */
async function opened(chromium: Browser, fixtures: Origin): Promise<Page> {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await ready(page);
  await page.evaluate(async () => {
    const page = globalThis as Opened;
    const address: string = '/dist/sqlite-elements.js';
    page.library = await import(address);
    page.db = await page.library.Database.newDatabase('client.db');
  });
  return page;
}

test('what a call is given is read at the call, and calls are made in their order', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db } = globalThis as Opened;
    await db.execute('CREATE TABLE t (a)');
    const calls: Promise<unknown>[] = [];
    const params = [0];
    for (let i = 1; i <= 4; i++) {
      params[0] = i;
      calls.push(
        i % 2 ? db.execute('INSERT INTO t VALUES (?)', params) : db.queueWrite('INSERT INTO t VALUES (?)', params),
      );
    }
    await Promise.all(calls);
    return (await db.query('SELECT a FROM t ORDER BY rowid')).rows.map(({ a }) => a);
  });
  expect(seen).toEqual([1, 2, 3, 4]);
});

test('two names are two databases, and one that cannot be told from others is refused wherever a name is taken', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  // Composed and decomposed, upper and lower case, blanks, the separators of the library's own names, a NUL.
  const names = ['\u00e9', 'e\u0301', 'E\u0301', 'a', 'a ', ' a', 'a:b', 'a\0b', '🦀', '\ufffd', ''];
  const kept = await page.evaluate(async (names) => {
    const { Database } = (globalThis as Opened).library;
    const databases = await Promise.all(names.map((name) => Database.newDatabase(name)));
    await Promise.all(databases.map((db, at) => db.queueWrite(`CREATE TABLE t AS SELECT ${at} AS at`)));
    const rows = await Promise.all(databases.map((db) => db.query('SELECT group_concat(at) AS at FROM t')));
    await Promise.all(databases.map((db) => db.close()));
    return rows.map(({ rows }) => rows[0]!.at);
  }, names);
  expect(kept).toEqual(names.map((_, at) => String(at)));

  const refused = await page.evaluate(async () => {
    const { Database, MultiTabDatabase } = (globalThis as Opened).library;
    const before = (await indexedDB.databases()).length;
    const told: Record<string, string> = {};
    for (const name of ['\ud83e', 'a\udd80', '\udd80\ud83e']) {
      const wrapper = new MultiTabDatabase(Database, name);
      const calls = {
        newDatabase: Database.newDatabase(name),
        delete: Database.delete(name),
        recover: Database.recover(name),
        MultiTabDatabase: wrapper.init(),
      };
      for (const [method, call] of Object.entries(calls)) {
        const error = await (call as Promise<unknown>).then(
          () => undefined,
          (error) => error,
        );
        told[`${method} ${escape(name)}`] =
          `${error?.name} ${error?.code} ${/use whole characters$/.test(error?.message)}`;
      }
    }
    return { told, made: (await indexedDB.databases()).length - before };
  });
  expect(new Set(Object.values(refused.told))).toEqual(new Set(['StateError NAME_INVALID true']));
  expect(Object.keys(refused.told)).toHaveLength(12);
  expect(refused.made).toBe(0);

  const element = page.locator('#half');
  await page.evaluate(() => {
    const element = document.createElement('sqlite-db');
    element.id = 'half';
    element.name = '\ud83e';
    document.querySelector('aside')!.append(element);
  });
  await expect(element.getByRole('alert')).toContainText('half of a character');
  const told = () =>
    element.evaluate(async (element: HTMLElementTagNameMap['sqlite-db']) => [
      element.error?.code,
      await element.database!.query('SELECT 1').catch((error) => error.code),
    ]);
  expect(await told()).toEqual(['NAME_INVALID', 'NAME_INVALID']);
  await element.evaluate((element: HTMLElementTagNameMap['sqlite-db']) => (element.name = '\ufffd'));
  await expect(element).toHaveAttribute('state', 'ready');
});

test('close settles every call, and whatever comes after it says so', async ({ chromium, fixtures }) => {
  const [leader, follower] = [await opened(chromium, fixtures), await opened(chromium, fixtures)];
  await leader.evaluate(() => (globalThis as Opened).db.execute('CREATE TABLE t (a)'));
  const outcome = await follower.evaluate(async () => {
    const { db, library } = globalThis as Opened;
    const code = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        ({ code }) => code,
      );
    const thrown = (call: () => unknown) => {
      try {
        call();
        return 'done';
      } catch (error) {
        return (error as Library.SqliteElementsError).code;
      }
    };
    const before = [db.queueWrite('INSERT INTO t VALUES (1)'), db.sync(), db.waitForLeadership()].map(code);
    const closes = [db.close(), db.close()].map(code);
    const after = [
      db.execute('SELECT 1'),
      db.query('SELECT 1'),
      db.classify('SELECT 1'),
      db.queueWrite('SELECT 1'),
      db.batch([]),
      db.sync(),
      db.isLeader(),
      db.getLeaderInfo(),
      db.waitForLeadership(),
      db.requestLeadership(),
      db.allowNonLeaderWrites(true),
      db.enableOptimisticUpdates(true),
      db.isOptimisticMode(),
      db.trackOptimisticWrite('SELECT 1'),
      db.getPendingWritesCount(),
      db.clearOptimisticWrites(),
      db.enableCoordinationMetrics(true),
      db.isCoordinationMetricsEnabled(),
      db.recordLeadershipChange(true),
      db.recordNotificationLatency(1),
      db.recordWriteConflict(),
      db.recordFollowerRefresh(),
      db.getCoordinationMetrics(),
      db.resetCoordinationMetrics(),
    ].map(code);
    const sync = [thrown(() => db.onDataChange(() => {})), thrown(() => db.liveQuery('SELECT 1', [], () => {}))];
    const again = library.Database.newDatabase('client.db');
    const result = {
      before: await Promise.all(before),
      closes: await Promise.all(closes),
      after: [...new Set(await Promise.all(after))],
      sync,
    };
    return { ...result, rows: (await (await again).query('SELECT a FROM t')).rows };
  });
  expect(outcome).toEqual({
    before: ['done', 'done', 'DATABASE_CLOSED'],
    closes: ['done', 'done'],
    after: ['DATABASE_CLOSED'],
    sync: ['DATABASE_CLOSED', 'DATABASE_CLOSED'],
    rows: [{ a: 1 }],
  });
});

test('a user that closes while others stay hears no more, and its transaction is rolled back', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db, library } = globalThis as Opened;
    await db.execute('CREATE TABLE t (a)');
    const other = await library.Database.newDatabase('client.db');
    let heard = 0;
    await new Promise<void>((resolve) =>
      other.liveQuery('SELECT count(*) FROM t', [], () => {
        heard++;
        resolve();
      }),
    );
    await other.execute('BEGIN');
    await other.execute('INSERT INTO t VALUES (1)');
    await other.close();
    await db.execute('INSERT INTO t VALUES (2)');
    await db.sync();
    const rows = (await db.query('SELECT a FROM t')).rows;
    const live = await new Promise<unknown>((resolve) =>
      db.liveQuery('SELECT a FROM t', [], (it) => resolve(it?.rows)),
    );
    return { rows, live, heard };
  });
  expect(seen).toEqual({ rows: [{ a: 2 }], live: [{ a: 2 }], heard: 1 });
});

test('an element whose database script closes says so, also while others use it', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await page.evaluate(async () => {
    const { library } = globalThis as Opened;
    await library.Database.newDatabase('elements.db');
    await document.querySelector('sqlite-db')!.database!.close();
  });
  await expect(page.locator('sqlite-db')).toHaveAttribute('state', 'error');
  const code = await page.evaluate(() => document.querySelector('sqlite-db')!.error?.code);
  expect(code).toBe('DATABASE_CLOSED');
});

test('a write that waits for its element is refused when the element leaves', async ({ chromium, fixtures }) => {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await ready(page);
  const code = await page.evaluate(async () => {
    const db = document.createElement('sqlite-db');
    db.setAttribute('name', 'late.db');
    db.innerHTML = '<sqlite-write sql="SELECT 1"></sqlite-write>';
    document.body.append(db);
    const written = db.querySelector('sqlite-write')!.submit();
    await new Promise((resolve) => setTimeout(resolve));
    const state = db.state;
    db.remove();
    return written.then(
      () => `done while ${state}`,
      ({ code }) => `${state}: ${code}`,
    );
  });
  expect(code).toBe('loading: DATABASE_MISSING');
});

test('the optimistic mode counts queued writes once, from call to answer', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db, library } = globalThis as Opened;
    await db.execute('CREATE TABLE t (a)');
    const insert = 'INSERT INTO t VALUES (1)';
    const off = await db.trackOptimisticWrite(insert).catch(({ code }) => code);
    await db.enableOptimisticUpdates(true);
    const other = await library.Database.newDatabase('client.db');
    const mode = await other.isOptimisticMode();
    const ids = [await db.trackOptimisticWrite(insert), await other.trackOptimisticWrite('x')];
    const announced = await db.getPendingWritesCount();
    const write = db.queueWrite(insert);
    const failing = other.batch(['INSERT INTO missing VALUES (1)']).catch(({ code }) => code);
    const during = await db.getPendingWritesCount();
    await write;
    const failure = await failing;
    const after = await other.getPendingWritesCount();
    await db.clearOptimisticWrites();
    const cleared = await db.getPendingWritesCount();
    await db.enableOptimisticUpdates(false);
    const still = db.queueWrite(insert);
    const unseen = await db.getPendingWritesCount();
    await still;
    return { off, mode, distinct: new Set(ids).size, announced, during, failure, after, cleared, unseen };
  });
  expect(seen).toEqual({
    off: 'OPTIMISTIC_MODE_OFF',
    mode: true,
    distinct: 2,
    announced: 2,
    during: 3,
    failure: 'SQLITE_ERROR',
    after: 1,
    cleared: 0,
    unseen: 0,
  });
});

test('arguments are checked', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const db = (globalThis as Opened).db as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
    const calls: [string, unknown[]][] = [
      ['recordNotificationLatency', [-1]],
      ['recordNotificationLatency', [NaN]],
      ['recordNotificationLatency', ['1']],
      ['recordLeadershipChange', []],
      ['enableOptimisticUpdates', [1]],
      ['enableCoordinationMetrics', ['true']],
      ['allowNonLeaderWrites', [1]],
      ['trackOptimisticWrite', [1]],
      ['classify', [null]],
      ['query', [1]],
    ];
    return Promise.all(calls.map(([name, given]) => db[name]!(...given).catch(({ name, code }) => `${name} ${code}`)));
  });
  expect(seen).toEqual([
    'RangeError PARAMETER_RANGE',
    'RangeError PARAMETER_RANGE',
    ...Array.from({ length: 8 }, () => 'TypeError ARGUMENT_TYPE'),
  ]);
});

test('what an argument’s own code throws is what the promise rejects with, whichever method it is', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db, library } = globalThis as Opened;
    const fail = () => {
      throw new Error('mine');
    };
    const named = Object.defineProperty({}, 'a', { get: fail, enumerable: true });
    const listed = Object.defineProperty([1], 0, { get: fail });
    const proxies = [new Proxy({ a: 1 }, { ownKeys: fail }), new Proxy([1], { get: fail })];
    const options = {
      get durability() {
        return fail();
      },
      get signal() {
        return fail();
      },
    };
    const calls: [object, string, unknown[]][] = [];
    for (const params of [named, listed, ...proxies]) {
      for (const method of ['execute', 'executeWithParams', 'query', 'queueWrite']) {
        calls.push([db, method, ['SELECT :a', params]]);
      }
      calls.push([db, 'queueWriteWithTimeout', ['SELECT :a', 1000, params]], [db, 'batch', [[['SELECT :a', params]]]]);
    }
    calls.push([db, 'batch', [new Proxy([], { get: fail })]], [db, 'query', ['SELECT 1', [], options]]);
    calls.push([library.Database, 'newDatabase', ['other.db', options]]);
    const wrong: string[] = [];
    for (const [object, method, given] of calls) {
      try {
        const promise: Promise<unknown> = (object as Record<string, Function>)[method]!(...given);
        const said = await promise.then(
          () => 'nothing',
          ({ message }) => message,
        );
        if (said !== 'mine') wrong.push(`${method} rejects with ${said}`);
      } catch (error) {
        wrong.push(`${method} throws ${error}`);
      }
    }
    return { wrong, after: (await db.query('SELECT 1 AS one')).rows };
  });
  expect(seen).toEqual({ wrong: [], after: [{ one: 1 }] });
});

test('values, files and signals of another frame are what they are', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db } = globalThis as Opened;
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const other = frame.contentWindow as unknown as typeof globalThis;
    const bytes = other.Uint8Array.of(1, 2);
    const params: any = other.Object.assign(new other.Object(), { a: bytes, b: bytes.buffer, c: new other.Date(0) });
    Object.assign(params, { d: new other.DataView(bytes.buffer, 1) });
    const bound = await db.query('SELECT hex(:a) a, hex(:b) b, :c c, hex(:d) d', params);
    const listed = await db.batch(
      other.Array.of<any>(other.Array.of<any>('SELECT hex(?) a', other.Array.of(bytes))) as any,
    );
    await db.execute('CREATE TABLE t (a)');
    const file = new other.Blob([(await db.export()) as BlobPart]);
    await db.import(file);
    const controller = new other.AbortController();
    controller.abort(new Error('enough'));
    const { message } = await db.query('SELECT 1', [], { signal: controller.signal }).catch((error) => error);
    const map = await db.query('SELECT ?', [new other.Map() as any]).catch((error) => error.message);
    return { bound: bound.rows, listed: listed.rows, message, map };
  });
  expect(seen).toMatchObject({
    bound: [{ a: '0102', b: '0102', c: '1970-01-01T00:00:00.000Z', d: '02' }],
    listed: [{ a: '0102' }],
    message: 'enough',
    map: expect.stringMatching(/^parameter 1 must be .*, not Map$/),
  });
});

test('an error message holds no value, however long', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db } = globalThis as Opened;
    const long = 'x'.repeat(400_000);
    const given: [string, any][] = [
      ['SELECT ?', [new Float64Array(200_000)]],
      ['SELECT ?', [Array(200_000).fill('secret')]],
      ['SELECT ?', long],
      ['SELECT :a', { [long]: Symbol('secret') }],
      [`SELECT ${long}`, []],
      [`SELECT 1 '${long}`, []],
    ];
    const messages = given.map(([sql, params]) => db.query(sql, params).catch(({ message }) => message as string));
    return (await Promise.all(messages)).map(String);
  });
  for (const message of seen) {
    expect(message.length).toBeLessThan(1100);
    expect(message).not.toContain('secret');
  }
});

test('metrics are JSON under the names of the guide', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(async () => {
    const { db } = globalThis as Opened;
    await db.recordWriteConflict();
    const before = JSON.parse(await db.getCoordinationMetrics());
    await db.enableCoordinationMetrics(true);
    await db.recordLeadershipChange(true);
    await db.recordNotificationLatency(10);
    await db.recordNotificationLatency(5.5);
    await db.recordFollowerRefresh();
    await db.recordWriteConflict();
    const counted = JSON.parse(await db.getCoordinationMetrics());
    await db.resetCoordinationMetrics();
    const after = JSON.parse(await db.getCoordinationMetrics());
    return { before, keys: Object.keys(counted), counted, after, enabled: await db.isCoordinationMetricsEnabled() };
  });
  expect(seen.before.write_conflicts).toBe(0);
  expect(seen.keys).toEqual([
    'leadership_changes',
    'write_conflicts',
    'follower_refreshes',
    'avg_notification_latency_ms',
    'total_notifications',
    'start_timestamp',
  ]);
  expect(seen.counted).toMatchObject({
    leadership_changes: 1,
    write_conflicts: 1,
    follower_refreshes: 1,
    avg_notification_latency_ms: 7.75,
    total_notifications: 2,
  });
  expect(seen.after).toMatchObject({ leadership_changes: 0, avg_notification_latency_ms: 0, total_notifications: 0 });
  expect(seen.after.start_timestamp).toBeGreaterThanOrEqual(seen.counted.start_timestamp);
  expect(seen.enabled).toBe(true);
});

/** Opens the wrapper in a tab, with a callback that counts. */
function wrapped(page: Page, options: Library.MultiTabOptions = {}): Promise<void> {
  return page.evaluate(async (options) => {
    const page = globalThis as Opened;
    page.refreshes = 0;
    page.wrapper = new page.library.MultiTabDatabase(page.library.Database, 'wrapped.db', options);
    const count = () => void page.refreshes++;
    page.wrapper.onRefresh(count);
    page.wrapper.onRefresh(count);
    await Promise.all([page.wrapper.init(), page.wrapper.init()]);
  }, options);
}

test('the wrapper writes where the tab leads, and tells the others', async ({ chromium, fixtures }) => {
  const [leader, follower] = [await opened(chromium, fixtures), await opened(chromium, fixtures)];
  await wrapped(leader, { syncIntervalMs: 10 });
  await wrapped(follower);
  await leader.evaluate(async () => {
    const { wrapper } = globalThis as Opened;
    await wrapper.execute('CREATE TABLE t (a)');
    await wrapper.execute('BEGIN');
    await wrapper.execute('INSERT INTO t VALUES (?)', [1]);
    await wrapper.execute('COMMIT');
    await wrapper.write('INSERT INTO t VALUES (?)', [2]);
  });
  await expect.poll(() => follower.evaluate(() => (globalThis as Opened).refreshes)).toBe(3);
  const seen = await follower.evaluate(async () => {
    const { wrapper } = globalThis as Opened;
    const code = ({ code }: { code: string }) => code;
    return {
      rows: (await wrapper.execute('SELECT a FROM t')).rows,
      leads: await wrapper.isLeader(),
      write: await wrapper.write('INSERT INTO t VALUES (3)').catch(code),
      begin: await wrapper.execute('BEGIN').catch(code),
      query: await wrapper.query('DELETE FROM t').catch(code),
      wrong: await wrapper.execute('SELEKT').catch(code),
    };
  });
  expect(seen).toEqual({
    rows: [{ a: 1 }, { a: 2 }],
    leads: false,
    write: 'WRITE_PERMISSION_DENIED',
    begin: 'WRITE_PERMISSION_DENIED',
    query: 'SQLITE_READONLY',
    wrong: 'SQLITE_ERROR',
  });
  await follower.evaluate(async () => {
    const { wrapper } = globalThis as Opened;
    await wrapper.requestLeadership();
    await wrapper.write('INSERT INTO t VALUES (3)');
  });
  await expect.poll(() => leader.evaluate(() => (globalThis as Opened).refreshes)).toBe(1);
});

test('the wrapper waits for leadership if it is asked to', async ({ chromium, fixtures }) => {
  const [leader, follower] = [await opened(chromium, fixtures), await opened(chromium, fixtures)];
  await wrapped(leader);
  await wrapped(follower, { waitForLeadership: true });
  await leader.evaluate(() => (globalThis as Opened).wrapper.write('CREATE TABLE t (a)'));
  const written = follower.evaluate(async () => {
    const { wrapper } = globalThis as Opened;
    await wrapper.write('INSERT INTO t VALUES (1)');
    return wrapper.isLeader();
  });
  await leader.evaluate(() => (globalThis as Opened).wrapper.close());
  expect(await written).toBe(true);
});

test('the wrapper opens once, closes once, and can be opened again', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  chromium.expectComplaint(/thrown by a callback|rejected by a callback/);
  const seen = await page.evaluate(async () => {
    const { library } = globalThis as Opened;
    const code = ({ name, code }: { name: string; code: string }) => `${name} ${code}`;
    let openings = 0;
    let fails = true;
    const opener = {
      newDatabase: async (name: string) => {
        openings++;
        if (fails) throw new Error('not yet');
        return library.Database.newDatabase(name);
      },
    };
    const wrapper = new library.MultiTabDatabase(opener, 'wrapped.db', { syncIntervalMs: 5 });
    const early = await wrapper.query('SELECT 1').catch(({ message }) => message);
    const failed = await Promise.all([wrapper.init(), wrapper.init()]).catch(({ message }) => message);
    fails = false;
    const init = wrapper.init().catch(code);
    const nothing = wrapper.database;
    const closes = [wrapper.close(), wrapper.close()];
    const interrupted = await init;
    await Promise.all(closes);
    const late = await wrapper.isLeader().catch(code);
    await Promise.all([wrapper.init(), wrapper.init()]);
    const opened = wrapper.database instanceof library.Database;
    const calls: string[] = [];
    wrapper.onRefresh(() => {
      calls.push('throws');
      throw new Error('thrown by a callback');
    });
    wrapper.onRefresh(async () => {
      calls.push('rejects');
      throw new Error('rejected by a callback');
    });
    const off = () => calls.push('off');
    wrapper.onRefresh(off);
    wrapper.offRefresh(off);
    const refreshed = new Promise<void>((resolve) => wrapper.onRefresh(resolve));
    const broadcast = document.createElement('iframe');
    broadcast.src = location.href;
    document.body.append(broadcast);
    await new Promise((resolve) => broadcast.addEventListener('load', resolve));
    await (broadcast.contentWindow as unknown as { eval(code: string): Promise<void> }).eval(`
      import('/dist/sqlite-elements.js')
        .then(({ Database }) => Database.newDatabase('wrapped.db'))
        .then((db) => db.queueWrite('CREATE TABLE t (a)'))`);
    await refreshed;
    const write = wrapper.write('INSERT INTO t VALUES (1)').then(({ rowsAffected }) => rowsAffected, code);
    await wrapper.close();
    return { early, failed, openings, nothing, interrupted, late, opened, calls, written: await write };
  });
  expect(seen).toEqual({
    early: 'not yet',
    failed: 'not yet',
    openings: 4,
    nothing: null,
    interrupted: 'StateError DATABASE_CLOSED',
    late: 'StateError DATABASE_CLOSED',
    opened: true,
    calls: ['throws', 'rejects'],
    written: 1,
  });
});

test('wrong options of the wrapper are refused by name', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const seen = await page.evaluate(() => {
    const { MultiTabDatabase, Database } = (globalThis as Opened).library as any;
    const cases = [
      [{}, 'a.db'],
      [Database, 1],
      [Database, 'a.db', null],
      [Database, 'a.db', { autoSync: 1 }],
      [Database, 'a.db', { waitForLeadership: 'yes' }],
      [Database, 'a.db', { syncIntervalMs: -1 }],
      [Database, 'a.db', { syncIntervalMs: NaN }],
      [Database, 'a.db', { syncIntervalMs: 2 ** 31 }],
    ];
    return cases.map((given) => {
      try {
        return new MultiTabDatabase(...given);
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message.split(' must be')[0]}`;
      }
    });
  });
  expect(seen).toEqual([
    'TypeError: Database',
    'TypeError: dbName',
    'TypeError: options',
    'TypeError: options.autoSync',
    'TypeError: options.waitForLeadership',
    ...Array.from({ length: 3 }, () => 'TypeError: options.syncIntervalMs'),
  ]);
});
