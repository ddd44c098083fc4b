// Values, results and errors as script gets them, in the leader and in a follower. The way through the worker changes
// nothing, nor does a follower's way through the leader.
import { openPair } from './stage.ts';
import { type ScriptedPage } from './tab.ts';
import { expect, test } from '../support/test.ts';

test('every value that SQLite stores comes back as it was, from either tab', async ({ chromium, fixtures }) => {
  for (const tab of await openPair(chromium, fixtures, {
    schema: 'CREATE TABLE kept (id INTEGER PRIMARY KEY, value)',
  })) {
    const wrong = await tab.page.evaluate(async () => {
      const { db } = globalThis as unknown as ScriptedPage;
      const values = [
        null,
        0,
        -1,
        2 ** 53,
        -(2 ** 53),
        2n ** 53n + 1n,
        2n ** 63n - 1n,
        -(2n ** 63n),
        0.1,
        -1.5e300,
        Infinity,
        '',
        'text',
        'ü 漢 🙂 \u0000 end',
        '007',
        new Uint8Array([0, 1, 255]),
        new Uint8Array(),
      ];
      const same = (a: unknown, b: unknown) =>
        a instanceof Uint8Array && b instanceof Uint8Array ? `${a}` === `${b}` : Object.is(a, b);
      const wrong: string[] = [];
      for (const value of values) {
        const { rows } = await db.queueWrite('INSERT INTO kept (value) VALUES (?) RETURNING value', [value]);
        const again = await db.execute('SELECT value FROM kept WHERE value IS ?', [value]);
        if (!same(rows[0]!.value, value)) wrong.push(`written ${value}: ${rows[0]!.value}`);
        if (!same(again.rows[0]!.value, value)) wrong.push(`read ${value}: ${again.rows[0]!.value}`);
      }
      return wrong;
    });
    expect(wrong).toEqual([]);
  }
});

test('what script binds is what SQLite stores', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures);
  const bound = await leader.page.evaluate(async () => {
    const { db } = globalThis as unknown as ScriptedPage;
    const given = [undefined, true, false, NaN, -0, 1.5, new Date(0), new Uint8Array([7]).buffer];
    const sql = `SELECT ${given.map((_, at) => `typeof(?${at + 1}) || ' ' || ifnull(quote(?${at + 1}), '')`).join(', ')}`;
    return Object.values((await db.execute(sql, given)).rows[0]!);
  });
  expect(bound).toEqual([
    'null NULL',
    'integer 1',
    'integer 0',
    'null NULL',
    'real 0.0',
    'real 1.5',
    "text '1970-01-01T00:00:00.000Z'",
    "blob X'07'",
  ]);
});

test('a value that is wrapped in its type is refused, and nothing of it is stored', async ({ chromium, fixtures }) => {
  const wrapped = { type: 'Text', value: 'Ada' };
  for (const tab of await openPair(chromium, fixtures, { schema: 'CREATE TABLE item (name TEXT)' })) {
    for (const method of ['queueWrite', 'executeWithParams']) {
      const { error } = await tab.settle('db', method, 'INSERT INTO item VALUES (?)', [wrapped]);
      expect(error).toMatchObject({ name: 'TypeError', code: 'ARGUMENT_TYPE', isError: true });
      expect(error!.message).toMatch(/^parameter 1 must be /);
    }
    expect(await tab.column('SELECT name FROM item')).toEqual([]);
  }
});

test('parameters go by position, or by name with or without the sign', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures);
  const sum = async (sql: string, params: unknown) =>
    (await leader.settle('db', 'executeWithParams', sql, params)).value?.rows[0]?.sum;
  expect(await sum('SELECT ? + ? AS sum', [1, 2])).toBe(3);
  expect(await sum('SELECT ?2 - ?1 AS sum', [1, 2])).toBe(1);
  expect(await sum('SELECT :a + @b + $c AS sum', { a: 1, b: 2, c: 3, unused: 9 })).toBe(6);
  expect(await sum('SELECT :a + @b + $c AS sum', { ':a': 1, '@b': 2, $c: 3 })).toBe(6);
});

test('a result says its columns, its rows, what it changed, and how long it took', async ({ chromium, fixtures }) => {
  const schema = 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)';
  for (const tab of await openPair(chromium, fixtures, { schema })) {
    const written = await tab.settle(
      'db',
      'queueWrite',
      "INSERT INTO item (name) VALUES ('a'), ('b') RETURNING id, name",
    );
    const [{ id }] = (await tab.rows('SELECT max(id) AS id FROM item')) as [{ id: number }];
    expect(written.value).toEqual({
      columns: ['id', 'name'],
      rows: [
        { id: id - 1, name: 'a' },
        { id, name: 'b' },
      ],
      rowsAffected: 2,
      lastInsertId: id,
      timeMs: expect.any(Number),
    });
    expect(written.value!.timeMs).toBeGreaterThanOrEqual(0);
    const none = await tab.settle('db', 'execute', 'SELECT name, id FROM item WHERE 0');
    expect(none.value).toMatchObject({ columns: ['name', 'id'], rows: [], rowsAffected: 0, lastInsertId: 0 });
    const several = await tab.settle('db', 'batch', [
      ['UPDATE item SET name = upper(name) WHERE id = ?', [id]],
      'SELECT name FROM item ORDER BY id DESC LIMIT 1',
      ['DELETE FROM item WHERE id = :id', { id: id - 1 }],
    ]);
    expect(several.value).toMatchObject({ rows: [{ name: 'B' }], rowsAffected: 2 });
  }
});

test('counts are of this call and of its own statements, in either tab', async ({ chromium, fixtures }) => {
  const schema = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE TABLE log (id INTEGER PRIMARY KEY, at);
    CREATE TRIGGER logged AFTER INSERT ON item BEGIN INSERT INTO log (at) VALUES (1), (2), (3); END;
    CREATE TABLE word (word TEXT PRIMARY KEY) WITHOUT ROWID`;
  const pair = await openPair(chromium, fixtures, { schema });
  for (const [at, tab] of pair.entries()) {
    const other = pair[1 - at]!;
    const made = await tab.settle('db', 'queueWrite', `INSERT INTO item VALUES (${50 + at}, 'mine ${at}')`);
    expect(made.value).toMatchObject({ rowsAffected: 1, lastInsertId: 50 + at });
    await other.settle('db', 'queueWrite', `INSERT INTO item VALUES (${4242 + at}, 'theirs ${at}')`);
    const upsert = `INSERT INTO item (name) VALUES ('mine ${at}') ON CONFLICT (name) DO UPDATE SET name = name`;
    for (const sql of [
      upsert,
      `INSERT INTO word VALUES ('w${at}')`,
      `UPDATE item SET name = name WHERE id = ${50 + at}`,
    ]) {
      expect((await tab.settle('db', 'queueWrite', sql)).value, sql).toMatchObject({
        rowsAffected: 1,
        lastInsertId: 0,
      });
    }
    const asked = await tab.settle('db', 'execute', 'SELECT last_insert_rowid()');
    expect(asked.error?.message).toContain('lastInsertId');
  }
});

test('errors are Errors that say what, by a name, a code, and a message', async ({ chromium, fixtures }) => {
  const schema = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, owner REFERENCES item (id));
    INSERT INTO item VALUES (1, 'a', NULL);`;
  for (const tab of await openPair(chromium, fixtures, { schema })) {
    for (const [args, name, code, message] of [
      [['SELEKT 1'], 'SqliteError', 'SQLITE_ERROR', /near "SELEKT": syntax error \(line 1, column 1\)/],
      [['SELECT *\nFROM nowhere'], 'SqliteError', 'SQLITE_ERROR', /no such table: nowhere/],
      [["INSERT INTO item (name) VALUES ('a')"], 'SqliteError', 'SQLITE_CONSTRAINT_UNIQUE', /item\.name/],
      [['INSERT INTO item (name) VALUES (NULL)'], 'SqliteError', 'SQLITE_CONSTRAINT_NOTNULL', /item\.name/],
      [["INSERT INTO item VALUES (9, 'z', 99)"], 'SqliteError', 'SQLITE_CONSTRAINT_FOREIGNKEY', /FOREIGN KEY/],
      [[''], 'SqliteError', 'EMPTY_STATEMENT', /no SQL statement/],
      [[42], 'TypeError', 'ARGUMENT_TYPE', /sql must be a string/],
      [['SELECT ?', 'x'], 'TypeError', 'ARGUMENT_TYPE', /parameters must be an array or a plain object/],
    ] as const) {
      const { error } = await tab.settle('db', 'queueWrite', ...args);
      expect(error, `${args}`).toMatchObject({ name, code, isError: true });
      expect(error!.message, `${args}`).toMatch(message);
    }
    const { error } = await tab.settle('db', 'execute', 'SELECT ?', []);
    expect(error).toMatchObject({ name: 'SqliteError', isError: true });
    expect(await tab.column('SELECT name FROM item')).toEqual(['a']);
  }
});

test('a write without an answer in its time says timeout, and whether it may have happened', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema: 'CREATE TABLE item (name TEXT)' });
  await leader.execute(['BEGIN']);
  const { error } = await follower.settle('db', 'queueWriteWithTimeout', "INSERT INTO item VALUES ('late')", 50);
  await leader.execute(['ROLLBACK']);
  expect(error).toMatchObject({ name: 'WriteError', code: 'TIMEOUT', isError: true });
  expect(error!.message).toMatch(/^timeout: .* may or may not have been done$/);
});
