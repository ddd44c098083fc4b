// Every code block of docs/multi-tab.md, run as it stands: what stands around it, and what is true after it.
import { type Entry, runBlocks } from './blocks.ts';
import { type ScriptedPage, type Tab } from './tab.ts';
import { expect } from '../support/test.ts';

const schema = `
  CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, active INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE logs (message TEXT);
  CREATE TABLE data (value INTEGER);
  CREATE TABLE events (type TEXT, data TEXT);
  CREATE TABLE large_table (processed INTEGER);
  CREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT);
  CREATE TABLE items (item TEXT);
  INSERT INTO large_table VALUES (0), (0);`;

const wrapper = { db: 'MultiTabDatabase' } as const;
const insertAlice = "INSERT INTO users (name) VALUES ('Alice')";
const names = 'SELECT name FROM users ORDER BY id';

/** A block that waits until its tab leads: once it waits the leader's tab is closed, and then it goes on. */
async function runsOnceTheLeaderIsGone(code: string, [leader, follower]: [Tab, Tab], names: string[] = []) {
  await follower.page.evaluate(() => {
    const { prototype } = (globalThis as unknown as ScriptedPage).Database;
    const wait = prototype.waitForLeadership;
    prototype.waitForLeadership = function () {
      Object.assign(globalThis, { waits: true });
      return wait.call(this);
    };
  });
  const running = follower.run(code, names);
  await follower.page.waitForFunction(() => 'waits' in globalThis);
  expect(await follower.leads()).toBe(false);
  await leader.page.close();
  const module = await running;
  expect(await follower.leads()).toBe(true);
  return module;
}

/** What both `queueWrite` blocks promise, in whichever tab. */
const queues: Entry = {
  cases: {
    'in the leader': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await leader.run(code);
      for (const tab of [leader, follower]) {
        await expect.poll(() => tab.rows('SELECT name, active FROM users')).toEqual([{ name: 'Bob', active: 1 }]);
      }
    },
    'in a follower, which can read its write at once': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await follower.run(code);
      expect(await follower.rows('SELECT name, active FROM users')).toEqual([{ name: 'Bob', active: 1 }]);
      expect(await leader.rows('SELECT name, active FROM users')).toEqual([{ name: 'Bob', active: 1 }]);
    },
  },
};

const quickStart: Record<string, Entry> = {
  'Method 1: Using the Raw API': {
    cases: {
      'in the leader: writes, reads, and hears of other tabs’ changes': async ({ code, tab }) => {
        const leader = await tab({ database: 'myapp.db', db: 'nothing' });
        const values = await leader.values<any>(code, ['isLeader', 'result']);
        expect(values).toMatchObject({ isLeader: true, result: { rows: [{ id: 1, name: 'Alice' }] } });
        const follower = await tab({ database: 'myapp.db' });
        expect(await follower.column(names)).toEqual(['Alice']);
        await follower.write("INSERT INTO users (name) VALUES ('Bob')");
        await leader.says('Data changed: data');
      },
      'in a follower: reads, and does not write': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'myapp.db', db: 'nothing' });
        await leader.write("INSERT INTO users (name) VALUES ('Ada')");
        await expect.poll(() => follower.column(names)).toEqual(['Ada']);
        const values = await follower.values<any>(code, ['isLeader', 'result']);
        expect(values).toMatchObject({ isLeader: false, result: { rows: [{ name: 'Ada' }] } });
        expect(await leader.column(names)).toEqual(['Ada']);
      },
    },
  },
  'Method 2: Using MultiTabDatabase Wrapper': {
    cases: {
      'in the leader': async ({ code, tab }) => {
        const leader = await tab({ database: 'myapp.db', db: 'nothing' });
        const { result } = await leader.values<any>(code, ['result']);
        expect(result.rows).toEqual([{ id: 1, name: 'Alice', active: 0 }]);
        const follower = await tab({ database: 'myapp.db' });
        await follower.write("INSERT INTO users (name) VALUES ('Bob')");
        await leader.says('Refresh UI');
      },
      'in a follower the write is refused': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'myapp.db', db: 'nothing' });
        await expect(follower.run(code)).rejects.toThrow('WRITE_PERMISSION_DENIED');
        expect(await leader.column(names)).toEqual([]);
      },
    },
  },
};

const coreConcepts: Record<string, Entry> = {
  'Leader Election': {
    cases: {
      'in the leader': async ({ code, tab }) => {
        const leader = await tab();
        const before = Date.now();
        const { isLeader, info } = await leader.values<any>(code, ['isLeader', 'info']);
        const { instanceId } = await leader.leaderInfo();
        expect({ isLeader, info }).toEqual({
          isLeader: true,
          info: { isLeader: true, leaderId: instanceId, leaseExpiry: expect.any(Number) },
        });
        expect(info.leaseExpiry).toBeGreaterThan(before);
        expect(info.leaseExpiry).toBeLessThan(Date.now() + 10_000);
      },
      'in a follower, it waits until the leader is gone': async ({ code, pair }) => {
        const tabs = await pair();
        const { instanceId } = await tabs[0].leaderInfo();
        const module = await runsOnceTheLeaderIsGone(code, tabs, ['info']);
        const info = await module.evaluate(({ info }) => info);
        expect(info).toMatchObject({ isLeader: false, leaderId: instanceId });
      },
    },
  },
  'Write Coordination': {
    cases: {
      'the statements that it lists': async ({ code, pair }) => {
        const [, leaderOnly, anyTab] = /leader only\)\n(.*)\n[^]*any tab\)\n(.*)\n/.exec(code)!;
        const statements: Record<string, string> = {
          INSERT: "INSERT INTO users (name) VALUES ('a')",
          UPDATE: "UPDATE users SET name = 'b'",
          DELETE: 'DELETE FROM users',
          REPLACE: "REPLACE INTO users (id, name) VALUES (1, 'c')",
          SELECT: names,
          'CREATE TABLE': 'CREATE TABLE made (a)',
          'ALTER TABLE': 'ALTER TABLE users ADD COLUMN mail TEXT',
          'CREATE INDEX': 'CREATE INDEX by_name ON users (name)',
        };
        const [leader, follower] = await pair();
        const listed = (list: string) => list.split(', ').map((keyword) => statements[keyword] ?? keyword);
        for (const sql of listed(leaderOnly!)) {
          expect((await follower.settle('db', 'execute', sql)).error?.code, sql).toBe('WRITE_PERMISSION_DENIED');
          expect((await leader.settle('db', 'execute', sql)).error, sql).toBeUndefined();
        }
        for (const sql of listed(anyTab!)) {
          expect((await follower.settle('db', 'execute', sql)).error, sql).toBeUndefined();
        }
        expect(
          await leader.column("SELECT name FROM sqlite_schema WHERE name IN ('made', 'by_name') ORDER BY name"),
        ).toEqual(['by_name', 'made']);
      },
    },
  },
  'Write Coordination, 2': {
    cases: {
      'in the leader the write is done': async ({ code, tab }) => {
        const leader = await tab();
        await leader.run(code);
        expect(await leader.column(names)).toEqual(['Bob']);
      },
      'in a follower the refusal is caught, and the block ends when the tab leads': async ({ code, pair }) => {
        const tabs = await pair();
        await runsOnceTheLeaderIsGone(code, tabs);
        expect(await tabs[1].column(names)).toEqual([]);
      },
    },
  },
  'Write Coordination, 3': queues,
  'Change Notifications': {
    cases: {
      'the callback hears of data and of schema, from other tabs only': async ({ code, pair }) => {
        const [leader, follower] = await pair();
        await follower.declareFunctions('loadData');
        await follower.run(code);
        await leader.write(insertAlice);
        await follower.says('Change type: data');
        await leader.write('CREATE TABLE more (a)');
        await follower.says('Change type: schema');
        await follower.write(insertAlice);
        expect(await follower.heard()).toEqual([['loadData'], ['loadData']]);
      },
    },
  },
  Constructor: {
    cases: {
      'makes an object that works once it is initialised': async ({ code, tab }) => {
        const leader = await tab();
        await leader.declare({ dbName: 'guide.db', options: { autoSync: false, syncIntervalMs: 50 } });
        await leader.page.evaluate(() => {
          const globals = globalThis as unknown as ScriptedPage;
          globals.MultiTabDatabase = class extends globals.MultiTabDatabase {
            constructor(...args: ConstructorParameters<typeof globals.MultiTabDatabase>) {
              super(...args);
              Object.assign(globalThis, { made: this });
            }
          };
        });
        await leader.run(code);
        expect((await leader.settle('made', 'init')).error).toBeUndefined();
        expect((await leader.settle('made', 'write', insertAlice)).error).toBeUndefined();
        expect((await leader.settle('made', 'query', names)).value?.rows).toEqual([{ name: 'Alice' }]);
      },
    },
  },
};

const patterns: Record<string, Entry> = {
  'Pattern 1: Leader-Only Writer': {
    cases: {
      'in the leader': async ({ code, tab }) => {
        const leader = await tab({ database: 'myapp.db' });
        const { logs } = await leader.values<any>(code, ['logs']);
        expect(logs.rows).toEqual([{ message: 'User action' }]);
      },
      'in a follower': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'myapp.db' });
        const { logs } = await follower.values<any>(code, ['logs']);
        expect(logs.rows).toEqual([]);
        expect(await leader.rows('SELECT * FROM logs')).toEqual([]);
      },
    },
  },
  'Pattern 2: Wait for Leadership': {
    cases: {
      'in the leader': async ({ code, tab }) => {
        const leader = await tab({ database: 'myapp.db' });
        await leader.run(code);
        expect(await leader.column('SELECT value FROM data')).toEqual([42]);
      },
      'in a follower, it writes once the leader is gone': async ({ code, pair }) => {
        const tabs = await pair({ database: 'myapp.db' });
        await runsOnceTheLeaderIsGone(code, tabs);
        expect(await tabs[1].column('SELECT value FROM data')).toEqual([42]);
      },
    },
  },
  'Pattern 3: Queue Writes from Any Tab': {
    cases: {
      'in the leader and in a follower': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'myapp.db' });
        await leader.run(code);
        await follower.run(code);
        for (const tab of [leader, follower]) {
          expect(tab.said).toContain('Write completed successfully');
          expect(await tab.rows('SELECT * FROM events')).toEqual(Array(2).fill({ type: 'click', data: 'button' }));
          expect(await tab.column('SELECT processed FROM large_table')).toEqual([1, 1]);
        }
      },
      'a failure reaches the follower with SQLite’s message': async ({ code, pair, chromium }) => {
        chromium.expectComplaint(/Write failed/);
        const [leader, follower] = await pair({ database: 'myapp.db' });
        await leader.write('DROP TABLE events');
        await follower.run(code);
        expect(follower.said.join()).toMatch(/Write failed: .*no such table: events/);
      },
    },
  },
  'Pattern 4: Real-time Sync Across Tabs': {
    cases: {
      'what one tab sends, the other renders': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'chat.db' });
        for (const tab of [leader, follower]) await tab.declareFunctions('renderMessages');
        const sender = await leader.run(code, ['sendMessage']);
        await follower.run(code);
        for (const text of ['hello', 'again']) {
          await sender.evaluate(({ sendMessage }, text) => (sendMessage as Function)(text), text);
        }
        await expect
          .poll(async () => (await follower.heard()).at(-1))
          .toEqual([
            'renderMessages',
            [
              { id: 2, text: 'again' },
              { id: 1, text: 'hello' },
            ],
          ]);
        expect(await leader.heard()).toEqual([]);
      },
    },
  },
  'Pattern 5: Single-Tab Override': {
    cases: {
      'in the leader, and in a follower, whose write the leader does': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'single-tab.db' });
        await leader.run(code);
        await follower.run(code);
        for (const tab of [leader, follower]) expect(await tab.column('SELECT value FROM data')).toEqual([1, 1]);
        expect([await leader.leads(), await follower.leads()]).toEqual([true, false]);
      },
    },
  },
  'Pattern 6: Graceful Leader Handoff': {
    cases: {
      'both tabs notice that the lead has moved': async ({ code, pair }) => {
        const [leader, follower] = await pair({ database: 'myapp.db' });
        for (const tab of [leader, follower]) {
          await tab.declareFunctions('disableWriteUI', 'enableWriteUI');
          await tab.declare({ isCurrentlyLeader: tab === leader });
          await tab.run(code);
        }
        expect((await follower.settle('own', 'requestLeadership')).error).toBeUndefined();
        await leader.says('Lost leadership - UI to read-only mode');
        await follower.says('Became leader - enable write UI');
        expect(await leader.heard()).toEqual([['disableWriteUI']]);
        expect(await follower.heard()).toEqual([['enableWriteUI']]);
      },
    },
  },
};

const advanced: Record<string, Entry> = {
  'Write Queuing': queues,
  'Optimistic UI Updates': {
    cases: {
      'an announced write counts until it is cleared, and nothing is run': async ({ code, pair }) => {
        for (const tab of await pair()) {
          const values = await tab.values<any>(code, ['writeId', 'pendingCount', 'isOptimistic']);
          expect(values).toEqual({ writeId: expect.any(String), pendingCount: 1, isOptimistic: true });
          expect(values.writeId).not.toBe('');
          expect((await tab.settle('db', 'getPendingWritesCount')).value).toBe(0);
          expect(await tab.column(names)).toEqual([]);
        }
      },
    },
  },
  'Coordination Metrics': {
    cases: {
      'what is recorded is counted, until it is reset': async ({ code, tab }) => {
        const leader = await tab();
        const before = Date.now();
        const { metrics, enabled } = await leader.values<any>(code, ['metrics', 'enabled']);
        expect(metrics).toEqual({
          leadership_changes: 1,
          write_conflicts: 1,
          follower_refreshes: 1,
          avg_notification_latency_ms: 15.5,
          total_notifications: 1,
          start_timestamp: expect.any(Number),
        });
        expect(metrics.start_timestamp).toBeGreaterThanOrEqual(before - 1);
        expect(metrics.start_timestamp).toBeLessThanOrEqual(Date.now() + 1);
        expect(enabled).toBe(true);
        const reset = JSON.parse((await leader.settle('db', 'getCoordinationMetrics')).value as unknown as string);
        expect(reset).toMatchObject({ leadership_changes: 0, write_conflicts: 0, total_notifications: 0 });
        expect(reset.start_timestamp).toBeGreaterThanOrEqual(metrics.start_timestamp);
      },
    },
  },
};

const inAnyOrder = (code: string) => code.replaceAll('INSERT ...', insertAlice);

const troubleshooting: Record<string, Entry> = {
  'Issue: "WRITE_PERMISSION_DENIED" Error': {
    cut: /^\/\/ Option \d/,
    cases: [
      {
        'waits until the leader is gone, and writes': async ({ code, pair }) => {
          const tabs = await pair(wrapper);
          await tabs[1].declare({ sql: insertAlice });
          await runsOnceTheLeaderIsGone(code, tabs);
          expect(await tabs[1].column(names)).toEqual(['Alice']);
        },
      },
      {
        'takes the lead from a tab that goes on, and writes': async ({ code, pair }) => {
          const [leader, follower] = await pair(wrapper);
          await follower.declare({ sql: insertAlice });
          await follower.run(code);
          expect([await leader.leads(), await follower.leads()]).toEqual([false, true]);
          for (const tab of [leader, follower]) await expect.poll(() => tab.column(names)).toEqual(['Alice']);
        },
      },
      {
        'the option makes its writes wait until the leader is gone': async ({ code, pair }) => {
          const tabs = await pair({ database: 'db' });
          const write = `await db.init(); await db.write(${JSON.stringify(insertAlice)});`;
          await runsOnceTheLeaderIsGone(`${code}\n${write}`, tabs);
          expect(await tabs[1].column(names)).toEqual(['Alice']);
        },
      },
    ],
  },
  'Issue: Changes Not Propagating to Other Tabs': {
    cut: /^\/\/ (Always|Or) /,
    cases: [
      {
        'with a real statement in place of the dots, the other tab has it': async ({ code, pair }) => {
          const [leader, follower] = await pair();
          await leader.run(inAnyOrder(code));
          await expect.poll(() => follower.column(names)).toEqual(['Alice']);
        },
        'with its dots it is no SQL, and says so': async ({ code, tab }) => {
          await expect((await tab()).run(code)).rejects.toThrow('syntax error');
        },
      },
      {
        'with a real statement, the other tab has it, though nobody called init()': async ({ code, pair }) => {
          const [leader, follower] = await pair({ database: 'db' });
          await leader.run(inAnyOrder(code));
          await expect.poll(() => follower.column(names)).toEqual(['Alice']);
        },
      },
    ],
  },
};

const performance: Record<string, Entry> = {
  'Write Performance': {
    cases: {
      'in the leader it is one commit': async ({ code, pair }) => {
        const [leader, follower] = await pair({
          schema: 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)',
        });
        const commits = await follower.countCommits();
        await leader.run(code);
        await expect.poll(() => follower.column(names)).toEqual(['Alice', 'Bob']);
        expect(await commits()).toBe(1);
      },
      'in a follower its BEGIN is refused, and nothing is written': async ({ code, pair }) => {
        const [leader, follower] = await pair({
          schema: 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)',
        });
        await expect(follower.run(code)).rejects.toThrow('WRITE_PERMISSION_DENIED');
        expect(await leader.column(names)).toEqual([]);
      },
    },
  },
  'Optimization Tips': {
    cut: /^\/\/ (Good|Bad): /,
    cases: [
      {
        'all items are one commit': async ({ code, pair }) => {
          const [leader, follower] = await pair();
          const commits = await follower.countCommits();
          await leader.declare({ items: ['one', 'two', 'three'] });
          await leader.run(code);
          await expect.poll(() => follower.column('SELECT item FROM items')).toEqual(['one', 'two', 'three']);
          expect(await commits()).toBe(1);
        },
      },
      {
        'each item is a commit': async ({ code, pair }) => {
          const [leader, follower] = await pair(wrapper);
          const commits = await follower.countCommits();
          const items = ['one', 'two', 'three'].map((item) => `INSERT INTO items VALUES ('${item}')`);
          await leader.declare({ items });
          await leader.run(code);
          await expect.poll(() => follower.column('SELECT item FROM items')).toEqual(['one', 'two', 'three']);
          expect(await commits()).toBe(3);
        },
      },
    ],
  },
};

runBlocks(
  'multi-tab.md',
  { database: 'guide.db', schema, db: 'Database' },
  { ...quickStart, ...coreConcepts, ...patterns, ...advanced, ...troubleshooting, ...performance },
);
