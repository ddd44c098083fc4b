// Which statements `execute` runs in which tab: their kind decides, and not their first word.
import { type Tab } from './tab.ts';
import { openPair } from './stage.ts';
import { expect, test } from '../support/test.ts';

const schema = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE, visits INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE log (entry TEXT);
  CREATE VIEW everybody AS SELECT name FROM people;
  CREATE TRIGGER add_to_view INSTEAD OF INSERT ON everybody BEGIN INSERT INTO people (name) VALUES (new.name); END;
  CREATE VIRTUAL TABLE note USING fts5(text);
  INSERT INTO people (id, name) VALUES (1, 'Ada'), (2, 'Bob');`;

const rowWrites = [
  "INSERT INTO people (name) VALUES ('Cleo')",
  'UPDATE people SET visits = visits + 1',
  "DELETE FROM people WHERE name = 'Bob'",
  "REPLACE INTO people (id, name) VALUES (2, 'Bert')",
  // Behind a comment.
  "/* x */ INSERT INTO people (name) VALUES ('Dora')",
  "-- c\nDELETE FROM people WHERE name = 'Dora'",
  '\n\t ; ; -- nothing yet\n/* SELECT */ UPDATE people SET visits = 7',
  "insert into people (name) values ('SELECT')",
  // In a CTE, with RETURNING, by UPSERT, by a subquery.
  "WITH new(name) AS (VALUES ('Emil')) INSERT INTO people (name) SELECT name FROM new",
  'WITH old AS (SELECT max(id) AS id FROM people) DELETE FROM people WHERE id IN (SELECT id FROM old)',
  "INSERT INTO people (name) VALUES ('Fay') RETURNING id, name",
  'DELETE FROM log RETURNING *',
  "INSERT INTO people (name) VALUES ('Ada') ON CONFLICT (name) DO UPDATE SET visits = visits + 1",
  "INSERT OR IGNORE INTO people (name) VALUES ('Ada')",
  "INSERT OR REPLACE INTO people (name) VALUES ('Ada')",
  'INSERT INTO log SELECT name FROM people',
  // Through a view's trigger, and into a virtual table.
  "INSERT INTO everybody VALUES ('Gus')",
  "INSERT INTO note VALUES ('full text')",
  // Several statements in one text, with the write at any place.
  "SELECT 1; INSERT INTO log VALUES ('after a read')",
  "INSERT INTO log VALUES ('before a read'); SELECT 1",
  'CREATE TABLE smuggled (a); INSERT INTO smuggled VALUES (1)',
  // A statement that changes nothing is a write all the same.
  'DELETE FROM people WHERE 0',
];

const reads = [
  'SELECT * FROM people',
  'VALUES (1)',
  'WITH n(x) AS (VALUES (1)) SELECT x FROM n',
  "EXPLAIN INSERT INTO people (name) VALUES ('nobody')",
  'EXPLAIN QUERY PLAN DELETE FROM people',
  "SELECT 'INSERT INTO people' AS text",
  '/* INSERT */ SELECT 1 -- DELETE',
  'SELECT 1; SELECT 2',
  'PRAGMA table_info(people)',
];

const schemaChanges = [
  'CREATE TABLE made (a)',
  'CREATE TABLE copied AS SELECT * FROM people',
  'ALTER TABLE made ADD COLUMN b',
  'CREATE INDEX made_a ON made (a)',
  'CREATE VIEW seen AS SELECT a FROM made',
  'DROP VIEW seen',
  'DROP INDEX made_a',
  'DROP TABLE IF EXISTS copied',
  'CREATE TABLE one (a); CREATE TABLE two (a)',
];

const transactions = ['BEGIN', 'begin immediate', '/* x */ BEGIN TRANSACTION', 'SAVEPOINT s'];

/** Everything that is stored, as a tab sees it. */
async function everything(tab: Tab): Promise<unknown> {
  return [
    await tab.rows('SELECT name, sql FROM sqlite_schema ORDER BY name'),
    await tab.rows('SELECT * FROM people'),
    await tab.rows('SELECT * FROM log'),
    await tab.rows('SELECT * FROM note'),
  ];
}

test('a row write is refused in a follower, whatever it looks like, and the database stays as it was', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const commits = await follower.countCommits();
  const before = await everything(leader);
  for (const sql of [...rowWrites, ...transactions]) {
    const { error } = await follower.settle('db', 'execute', sql);
    expect(error, sql).toEqual({
      name: 'WriteError',
      code: 'WRITE_PERMISSION_DENIED',
      message: expect.stringContaining('WRITE_PERMISSION_DENIED'),
      isError: true,
    });
  }
  expect(await everything(leader)).toEqual(before);
  expect(await everything(follower)).toEqual(before);
  expect(await commits()).toBe(0);
});

test('what a follower is refused, the leader does, and so does the queue of a follower', async ({
  chromium,
  fixtures,
}) => {
  const [leader] = await openPair(chromium, fixtures, { schema, database: 'executed.db' });
  const [, follower] = await openPair(chromium, fixtures, { schema, database: 'queued.db' });
  for (const sql of rowWrites) {
    expect((await leader.settle('db', 'execute', sql)).error, sql).toBeUndefined();
    expect((await follower.settle('db', 'queueWrite', sql)).error, sql).toBeUndefined();
  }
  const executed = await everything(leader);
  expect(JSON.stringify(executed)).toContain('Gus');
  expect(await everything(follower)).toEqual(executed);
});

test('reads and changes of the schema are for any tab, and a change is there for all', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  for (const sql of reads) {
    for (const tab of [leader, follower]) expect((await tab.settle('db', 'execute', sql)).error, sql).toBeUndefined();
  }
  for (const sql of schemaChanges) {
    expect((await follower.settle('db', 'execute', sql)).error, sql).toBeUndefined();
    expect(await everything(leader), sql).toEqual(await everything(follower));
  }
  expect(
    await leader.column("SELECT name FROM sqlite_schema WHERE name IN ('one', 'two', 'made') ORDER BY name"),
  ).toEqual(['made', 'one', 'two']);
});

test('a text of which one statement fails does nothing, in either tab', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const before = await everything(leader);
  const text = "INSERT INTO log VALUES ('half'); INSERT INTO people (id, name) VALUES (1, 'twice')";
  for (const [tab, method] of [
    [leader, 'execute'],
    [leader, 'queueWrite'],
    [follower, 'queueWrite'],
  ] as const) {
    expect((await tab.settle('db', method, text)).error?.code).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
  }
  expect(await everything(leader)).toEqual(before);
  expect(await everything(follower)).toEqual(before);
});

test('query runs what only reads, and classify says what a text is without running it', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const before = await everything(leader);
  for (const tab of [leader, follower]) {
    for (const [kind, list] of Object.entries({
      read: reads,
      write: rowWrites.filter((sql) => !sql.startsWith('CREATE')),
      schema: ['CREATE TABLE new (a)', 'DROP TABLE people', 'ALTER TABLE people ADD COLUMN b', 'VACUUM'],
      transaction: [...transactions, 'COMMIT', 'ROLLBACK', 'RELEASE s'],
    })) {
      for (const sql of list) {
        expect((await tab.settle('db', 'classify', sql)).value, sql).toBe(kind);
        const { error } = await tab.settle('db', 'query', sql);
        expect(error?.code, sql).toBe(kind === 'read' ? undefined : 'SQLITE_READONLY');
      }
    }
    expect((await tab.settle('db', 'classify', 'SELECT * FROM nowhere')).error?.code).toBe('SQLITE_ERROR');
    expect(await everything(tab)).toEqual(before);
  }
});

test('what would leave the shared database is refused in any tab, with a way out', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  for (const tab of [leader, follower]) {
    for (const [sql, wayOut] of Object.entries({
      "ATTACH 'x' AS y": 'import',
      'CREATE TEMP TABLE x (a)': 'ordinary table',
      'PRAGMA writable_schema = ON': 'ALTER',
      'PRAGMA recursive_triggers = ON': 'WITH RECURSIVE',
    })) {
      const { error } = await tab.settle('db', 'execute', sql);
      expect(error, sql).toMatchObject({ name: 'SqliteError', code: 'SQLITE_AUTH', isError: true });
      expect(error?.message, sql).toContain(wayOut);
    }
  }
});
