// The guide's API and the elements, each once, in real tabs of each engine. Chromium runs the whole suite (tests/e2e).
import { type Scripted, Tab } from './tab.ts';
import { expect, test } from './test.ts';

test('the first tab leads and writes; a follower is refused, and its queued write is done', async ({ open }) => {
  const leader = await open('write.db');
  expect(await leader.leads()).toBe(true);
  expect(await leader.refusal('CREATE TABLE entry (id INTEGER PRIMARY KEY, word TEXT)')).toBeUndefined();
  expect(await leader.refusal("INSERT INTO entry (word) VALUES ('by the leader')")).toBeUndefined();
  const follower = await open('write.db');
  expect(await follower.leads()).toBe(false);
  expect(await follower.refusal("INSERT INTO entry (word) VALUES ('refused')")).toBe('WRITE_PERMISSION_DENIED');
  await follower.write("INSERT INTO entry (word) VALUES ('queued')");
  const all = [
    { id: 1, word: 'by the leader' },
    { id: 2, word: 'queued' },
  ];
  expect(await follower.rows('SELECT * FROM entry')).toEqual(all);
  expect(await leader.rows('SELECT * FROM entry')).toEqual(all);
  const info = await follower.run(() => (globalThis as Scripted).db.getLeaderInfo());
  expect(info).toMatchObject({
    isLeader: false,
    leaderId: await leader.run(() => (globalThis as Scripted).db.instanceId),
  });
  expect(info.leaseExpiry).toBeGreaterThan(Date.now() - 5_000);
});

test('large and small writes of a follower are done in their order, and a large result comes whole', async ({
  open,
}) => {
  const [leader, follower] = [await open('sizes.db'), await open('sizes.db')];
  await leader.write('CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)');
  const lengths = [10, 3 << 20, 20, 8 << 20, 30];
  const seen = await follower.run(async (lengths) => {
    const { db } = globalThis as Scripted;
    const sql = 'INSERT INTO entry (body) VALUES (?)';
    await Promise.all(
      lengths.map((length, i) => db.queueWriteWithTimeout(sql, 30_000, [new Uint8Array(length).fill(i)])),
    );
    const { rows } = await db.query('SELECT body FROM entry ORDER BY id');
    return rows.map(({ body }) => {
      const bytes = body as Uint8Array;
      return [bytes.length, bytes[0], bytes.at(-1)];
    });
  }, lengths);
  expect(seen).toEqual(lengths.map((length, i) => [length, i, i]));
});

test('values of every kind come back as they were', async ({ open }) => {
  const tab = await open('values.db');
  const seen = await tab.run(async () => {
    const { db } = globalThis as Scripted;
    await db.execute('CREATE TABLE kept (a, b, c, d, e, f)');
    const given = [null, 1.5, 2n ** 62n, 'ä€🙂 "quoted"', new Uint8Array([0, 255]), true];
    await db.executeWithParams('INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)', given);
    const { rows } = await db.execute('SELECT * FROM kept');
    const { a, b, c, d, e, f } = rows[0]!;
    return [a, b, c === 2n ** 62n, d, e instanceof Uint8Array && [...e], f];
  });
  expect(seen).toEqual([null, 1.5, true, 'ä€🙂 "quoted"', [0, 255], 1]);
});

test('a live query and onDataChange in one tab show what another wrote', async ({ open }) => {
  const [writer, watcher] = [await open('live.db'), await open('live.db')];
  await writer.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await watcher.run(() => {
    const { db, heard } = globalThis as Scripted;
    db.onDataChange((kind, { tables }) => heard.push([kind, ...tables]));
    db.liveQuery('SELECT count(*) AS n FROM entry', [], (result) => heard.push(result?.rows[0]));
  });
  await expect.poll(() => watcher.heard()).toContainEqual({ n: 0 });
  await writer.write('INSERT INTO entry DEFAULT VALUES');
  await expect.poll(() => watcher.heard()).toContainEqual({ n: 1 });
  expect(await watcher.heard()).toContainEqual(['data', 'entry']);
});

test('a transaction across calls is one unit, and so is a batch from a follower', async ({ open }) => {
  const [leader, follower] = [await open('transaction.db'), await open('transaction.db')];
  await leader.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await leader.run(async () => {
    const { db } = globalThis as Scripted;
    await db.execute('BEGIN');
    await db.execute('INSERT INTO entry VALUES (1)');
  });
  expect(await follower.rows('SELECT * FROM entry')).toEqual([]);
  await leader.run(async () => void (await (globalThis as Scripted).db.execute('ROLLBACK')));
  await leader.run(async () => {
    const { db } = globalThis as Scripted;
    for (const sql of ['BEGIN', 'INSERT INTO entry VALUES (2)', 'INSERT INTO entry VALUES (3)', 'COMMIT'])
      await db.execute(sql);
  });
  expect(await follower.refusal('BEGIN')).toBe('WRITE_PERMISSION_DENIED');
  const code = await follower.run(async () => {
    const { db } = globalThis as Scripted;
    await db.batch(['INSERT INTO entry VALUES (4)', ['INSERT INTO entry VALUES (?)', [5]]]);
    const failing = db.batch(['INSERT INTO entry VALUES (6)', 'INSERT INTO entry VALUES (2)']);
    return failing.catch(({ code }) => code as string);
  });
  expect(code).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
  expect(await follower.rows('SELECT * FROM entry')).toEqual([2, 3, 4, 5].map((id) => ({ id })));
});

test('requestLeadership makes its tab the leader, and the other one a follower', async ({ open }) => {
  const [first, second] = [await open('request.db'), await open('request.db')];
  await first.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await second.run(() => (globalThis as Scripted).db.requestLeadership());
  expect(await second.leads()).toBe(true);
  await expect.poll(() => first.leads()).toBe(false);
  expect(await second.refusal('INSERT INTO entry VALUES (1)')).toBeUndefined();
  expect(await first.refusal('INSERT INTO entry VALUES (2)')).toBe('WRITE_PERMISSION_DENIED');
});

test('when the leader’s tab is closed another leads, and a write under way is done', async ({
  driver,
  fixtures,
  open,
}) => {
  const leader = await Tab.openScripted(driver, fixtures, 'close.db');
  const follower = await open('close.db');
  await leader.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await follower.run(() => {
    const { db } = globalThis as Scripted;
    const writes = Array.from({ length: 50 }, () => db.queueWrite('INSERT INTO entry DEFAULT VALUES'));
    Object.assign(globalThis, { writes: Promise.all(writes) });
  });
  await leader.close();
  await follower.run(async () => void (await (globalThis as unknown as { writes: Promise<unknown> }).writes));
  expect(await follower.leads()).toBe(true);
  expect(await follower.rows('SELECT count(*) AS n FROM entry')).toEqual([{ n: 50 }]);
});

test('what was written is there after a reload, and after all tabs were closed', async ({ driver, fixtures, open }) => {
  const first = await Tab.openScripted(driver, fixtures, 'reload.db');
  await first.write('CREATE TABLE entry (word TEXT)');
  await first.write("INSERT INTO entry VALUES ('kept')");
  await first.go(fixtures.at('script.html'));
  await first.openDatabase('reload.db');
  expect(await first.rows('SELECT * FROM entry')).toEqual([{ word: 'kept' }]);
  await first.close();
  const again = await open('reload.db');
  expect(await again.rows('SELECT * FROM entry')).toEqual([{ word: 'kept' }]);
});

test('MultiTabDatabase writes where its tab leads, and refreshes the others', async ({ open }) => {
  const [leader, follower] = [await open('other.db'), await open('other.db')];
  for (const tab of [leader, follower]) {
    await tab.run(async () => {
      const { Database, MultiTabDatabase, heard } = globalThis as Scripted;
      const wrapped = new MultiTabDatabase(Database, 'wrapped.db');
      await wrapped.init();
      wrapped.onRefresh(() => heard.push('refresh'));
      Object.assign(globalThis, { wrapped });
    });
  }
  type Wrapping = Scripted & { wrapped: InstanceType<Scripted['MultiTabDatabase']> };
  await leader.run(async () => void (await (globalThis as Wrapping).wrapped.write('CREATE TABLE entry (a)')));
  await expect.poll(() => follower.heard()).toEqual(['refresh']);
  const code = await follower.run(() =>
    (globalThis as Wrapping).wrapped.write('INSERT INTO entry VALUES (1)').then(
      () => 'done',
      ({ code }) => code as string,
    ),
  );
  expect(code).toBe('WRITE_PERMISSION_DENIED');
});

test('the to-do demo: what is typed in one tab shows in another, as does a tick', async ({ visit, demos }) => {
  const [first, second] = [await visit(demos.at('todo.html')), await visit(demos.at('todo.html'))];
  const there = ['Open this page in a second tab', 'Tick something there'];
  for (const tab of [first, second]) await tab.shows('li label', there);
  await second.type('input[name=title]', 'Typed here');
  await second.click('form button');
  for (const tab of [first, second]) await tab.shows('li label', [...there, 'Typed here']);
  await first.click('li:first-of-type input[type=checkbox]');
  await second.shows('footer [role=status]', ['1 of 3 done']);
  await second.shows('li label', ['Tick something there', 'Typed here', there[0]!]);
});

test('a page that is left and returned to has caught up before it answers, and all tabs work', async ({
  open,
  fixtures,
}) => {
  const [left, other] = [await open('left.db'), await open('left.db')];
  await left.write('CREATE TABLE entry (id INTEGER PRIMARY KEY)');
  await left.run(() => {
    const { db, heard } = globalThis as Scripted;
    const look = async () => heard.push((await db.query('SELECT count(*) AS n FROM entry')).rows[0]!.n);
    addEventListener('pageshow', ({ persisted }) => persisted && look());
  });
  await left.go(fixtures.at('busy.html'));
  const leftAt = Date.now();
  // WebKit stops the page's worker before the worker can release its lock. Then the lease must lapse.
  await expect.poll(() => other.leads(), { timeout: 30_000 }).toBe(true);
  console.log(`    another tab is seen to lead ${Date.now() - leftAt} ms after the leader's page was left`);
  for (let i = 0; i < 10; i++) await other.write('INSERT INTO entry DEFAULT VALUES');
  await left.back();
  await expect.poll(() => left.run(() => location.pathname)).toBe('/script.html');
  const kept = await left.run(() => 'db' in globalThis);
  console.log(`    the page was ${kept ? 'kept' : 'loaded again'}`);
  if (kept) await expect.poll(() => left.heard()).toEqual([10]);
  else await left.openDatabase('left.db');
  expect(await left.rows('SELECT count(*) AS n FROM entry')).toEqual([{ n: 10 }]);
  await left.write('INSERT INTO entry DEFAULT VALUES');
  await expect.poll(() => other.rows('SELECT count(*) AS n FROM entry')).toEqual([{ n: 11 }]);
});
