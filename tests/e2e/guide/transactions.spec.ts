// Transactions across calls and in one call: every example of docs/transactions.md, and its promises in real tabs.
import { blocksOf, type Entry, runBlocks, type Scene } from './blocks.ts';
import { openPair } from './stage.ts';
import { type ScriptedPage, type Tab } from './tab.ts';
import { type Browser } from '../support/browser.ts';
import { type Origin } from '../support/origin.ts';
import { expect, test } from '../support/test.ts';

const bank = `
  CREATE TABLE account (name TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0));
  INSERT INTO account VALUES ('Alice', 100), ('Bob', 0);`;
const schema = `${bank} CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT UNIQUE);`;
const amounts = 'SELECT amount FROM account ORDER BY name';
const entries = 'SELECT entry FROM log ORDER BY id';
const log = (entry: string) => `INSERT INTO log (entry) VALUES ('${entry}')`;

/** A block that moves 10 from Alice to Bob in one step, or does nothing: in the leader, and in a follower. */
const movesTen: Entry = {
  'one commit, from either tab': async ({ code, pair }) => {
    const [leader, follower] = await pair();
    const commits = await follower.countCommits();
    await leader.run(code);
    await expect.poll(() => follower.column(amounts)).toEqual([90, 10]);
    expect(await commits()).toBe(1);
    await follower.run(code);
    for (const tab of [leader, follower]) expect(await tab.column(amounts)).toEqual([80, 20]);
  },
  'nothing, if a part of it fails': async ({ code, pair }) => {
    for (const tab of await pair()) {
      // Bob's update comes second, so Alice's loss must be undone.
      await tab.write("DELETE FROM account; INSERT INTO account VALUES ('Alice', 100), ('Bob', 0)");
      await tab.write('DROP TRIGGER IF EXISTS refuse');
      await tab.write(
        "CREATE TRIGGER refuse BEFORE UPDATE ON account WHEN new.name = 'Bob' BEGIN SELECT RAISE(ABORT, 'no Bob'); END",
      );
      await expect(tab.run(code)).rejects.toThrow('no Bob');
      expect(await tab.column(amounts)).toEqual([100, 0]);
    }
  },
};

/** Used by the blocks after it. */
const helper = blocksOf('transactions.md').find(({ at }) => at === 'Across calls')!.code;

/** The block that makes the parent table anew. No child row may get lost, in whichever tab the block runs. */
const remade: Entry = {
  'the rows that refer to it stay, from either tab': async ({ code, pair }) => {
    const tabs = await pair();
    await tabs[0].write(
      "CREATE TABLE card (owner REFERENCES account ON DELETE CASCADE); INSERT INTO card VALUES ('Alice'), ('Bob')",
    );
    for (const tab of tabs) {
      await tab.run(code);
      expect(await tab.column('SELECT owner FROM card')).toEqual(['Alice', 'Bob']);
      expect(await tab.column(amounts)).toEqual([100, 0]);
      await expect(tab.write("INSERT INTO card VALUES ('Cleo')")).rejects.toThrow('FOREIGN KEY');
    }
  },
  'without the PRAGMA it is refused, and says so': async ({ code, pair }) => {
    const [leader] = await pair();
    await leader.write(
      "CREATE TABLE card (owner REFERENCES account ON DELETE CASCADE); INSERT INTO card VALUES ('Bob')",
    );
    await expect(leader.run(code.replaceAll(/PRAGMA.*/g, ''))).rejects.toThrow('PRAGMA foreign_keys = OFF');
    expect(await leader.column('SELECT owner FROM card')).toEqual(['Bob']);
  },
};

const examples: Record<string, Entry> = {
  'Making a table anew': remade,
  'As a batch': movesTen,
  'As one text': movesTen,
  'As one text, 2': movesTen,
  'Depending on what is there': {
    'it is paid while there is enough': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const tab of [follower, leader, follower]) {
        expect(await tab.values(code, ['paid'])).toEqual({ paid: true });
      }
      expect(await leader.values(code, ['paid'])).toEqual({ paid: false });
      expect(await leader.column(amounts)).toEqual([10, 0]);
    },
  },
  'Deciding by script': {
    'it halves what is there, from either tab': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const tab of [leader, follower]) await tab.run(code);
      expect(await follower.column(amounts)).toEqual([25, 0]);
    },
    'it reads again where another write came first': async ({ code, pair }) => {
      const [leader] = await pair();
      await leader.page.evaluate(() => {
        const { db, own } = globalThis as unknown as ScriptedPage;
        const query = db.query.bind(db);
        let others = 1;
        const late = async (...given: Parameters<typeof db.query>) => {
          const result = await query(...given);
          if (others-- > 0) await own.queueWrite("UPDATE account SET amount = 60 WHERE name = 'Alice'");
          return result;
        };
        Object.assign(db, { query: late });
      });
      await leader.run(code);
      expect(await leader.column(amounts)).toEqual([30, 0]);
    },
  },
  'Across calls': {
    'it does the work in either tab, and hands over what it comes to': async ({ code, pair }) => {
      for (const tab of await pair()) {
        const module = await tab.run(code, ['inTransaction']);
        const result = module.evaluate(async ({ inTransaction }, sql) => {
          const { db } = globalThis as unknown as ScriptedPage;
          return (inTransaction as Function)(db, async () => (await db.execute(sql)).rows);
        }, amounts);
        expect(await result).toEqual([{ amount: 100 }, { amount: 0 }]);
        expect(await tab.leads()).toBe(true);
      }
    },
    'nothing, if a part of it fails, and the next one works': async ({ code, tab }) => {
      const leader = await tab();
      const module = await leader.run(code, ['inTransaction']);
      const take = (amount: number) =>
        module.evaluate(async ({ inTransaction }, amount) => {
          const { db } = globalThis as unknown as ScriptedPage;
          await (inTransaction as Function)(db, async () => {
            await db.execute('UPDATE account SET amount = amount + ? WHERE name = ?', [amount, 'Bob']);
            await db.execute('UPDATE account SET amount = amount - ? WHERE name = ?', [amount, 'Alice']);
          });
        }, amount);
      await expect(take(1000)).rejects.toThrow('CHECK constraint failed');
      expect(await leader.column(amounts)).toEqual([100, 0]);
      await take(10);
      expect(await leader.column(amounts)).toEqual([90, 10]);
    },
    'a transaction that was lost is done again, once': async ({ code, tab }: Scene) => {
      const leader = await tab();
      const module = await leader.run(code, ['inTransaction']);
      const attempts = await module.evaluate(async ({ inTransaction }) => {
        const { db, own } = globalThis as unknown as ScriptedPage;
        let attempts = 0;
        await (inTransaction as Function)(db, async () => {
          attempts += 1;
          await db.execute("UPDATE account SET amount = amount - 10 WHERE name = 'Alice'");
          // In the first attempt, another user's write waits until the attempt has been idle too long.
          if (attempts === 1) await own.queueWriteWithTimeout("INSERT INTO account VALUES ('Cleo', 7)", 20_000);
          await db.execute("UPDATE account SET amount = amount + 10 WHERE name = 'Bob'");
        });
        return attempts;
      });
      expect(attempts).toBe(2);
      expect(await leader.column(amounts)).toEqual([90, 10, 7]);
    },
  },
  'Across calls, 2': {
    'one commit, from either tab': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const commits = await follower.countCommits();
      await leader.run(helper + code);
      await expect.poll(() => follower.column(amounts)).toEqual([50, 50]);
      expect(await commits()).toBe(1);
      await follower.run(helper + code);
      expect([await leader.leads(), await follower.leads()]).toEqual([false, true]);
      for (const tab of [leader, follower]) await expect.poll(() => tab.column(amounts)).toEqual([25, 75]);
    },
  },
  Savepoints: {
    'what was taken back is not there, and the rest is one commit': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const commits = await follower.countCommits();
      await leader.run(helper + code);
      await expect.poll(() => follower.column(amounts)).toEqual([90, 0]);
      expect(await commits()).toBe(1);
    },
  },
  'Two callers': {
    'the second waits for the first': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const { before, after } = await leader.values<any>(helper + code, ['before', 'after']);
      expect([before.rows, after.rows]).toEqual([[{ amount: 100 }], [{ amount: 2 }]]);
      await expect.poll(() => follower.column(amounts)).toEqual([2, 0]);
    },
  },
};

test('a SAVEPOINT without a BEGIN begins a transaction, and its RELEASE commits it', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const commits = await follower.countCommits();
  await leader.execute(['SAVEPOINT outermost', log('inside')]);
  expect(await follower.column(entries)).toEqual([]);
  await leader.execute(['RELEASE outermost']);
  await expect.poll(() => follower.column(entries)).toEqual(['inside']);
  expect(await commits()).toBe(1);
});

runBlocks('transactions.md', { database: 'bank.db', schema: bank, db: 'Database' }, examples);

/** A leader and a follower. The leader's `db` has an open transaction that has written one row. */
async function begun(chromium: Browser, fixtures: Origin): Promise<[Tab, Tab]> {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await leader.execute(['BEGIN', log('inside')]);
  return [leader, follower];
}

test('nobody but its own object sees a transaction before it is committed', async ({ chromium, fixtures }) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  await leader.page.evaluate((sql) => {
    const seen: unknown[] = [];
    const { db } = globalThis as unknown as ScriptedPage;
    db.liveQuery(sql, [], (result) => seen.push(result!.rows.map(({ entry }) => entry)));
    Object.assign(globalThis, { seen });
  }, entries);
  const seen = () => leader.page.evaluate(() => (globalThis as unknown as { seen: unknown[] }).seen);
  await expect.poll(seen).toEqual([[]]);
  await leader.execute(['BEGIN', log('one'), log('two')]);
  for (const method of ['execute', 'query']) {
    expect((await leader.settle('db', method, entries)).value?.rows).toEqual([{ entry: 'one' }, { entry: 'two' }]);
  }
  for (const tab of [leader, follower]) expect(await tab.column(entries)).toEqual([]);
  await leader.execute(['COMMIT']);
  expect(await leader.column(entries)).toEqual(['one', 'two']);
  await expect.poll(() => follower.column(entries)).toEqual(['one', 'two']);
  await expect.poll(seen).toEqual([[], ['one', 'two']]);
});

test('calls that are not awaited run inside it in the order they were made, and are one commit', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const commits = await follower.countCommits();
  const inside = await leader.page.evaluate(
    async ([first, second, entries]) => {
      const { db } = globalThis as unknown as ScriptedPage;
      const calls = ['BEGIN', first!, entries!, second!, 'COMMIT', entries!].map((sql) => db.execute(sql));
      return (await Promise.all(calls)).map(({ rows }) => rows.map(({ entry }) => entry));
    },
    [log('first'), log('second'), entries],
  );
  expect(inside).toEqual([[], [], ['first'], [], [], ['first', 'second']]);
  await expect.poll(() => follower.column(entries)).toEqual(['first', 'second']);
  expect(await commits()).toBe(1);
});

test('while one is open every other write waits, in all tabs, and none lands inside', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await begun(chromium, fixtures);
  const waiting = [
    await leader.start('db', 'queueWrite', log('the same object, queued')),
    await leader.start('db', 'batch', [log('the same object, a batch')]),
    await leader.start('own', 'execute', log('another object')),
    await follower.start('db', 'queueWrite', log('another tab')),
    await follower.start('db', 'execute', 'CREATE TABLE made (a)'),
  ];
  await leader.execute([log('still inside'), log('inside to the end')]);
  // The follower's messages have arrived since: its next read is answered, but its write is not.
  expect(await follower.column(entries)).toEqual([]);
  expect(await Promise.all(waiting.map(({ isOver }) => isOver()))).toEqual(Array(5).fill(false));
  await leader.execute(['COMMIT']);
  for (const { outcome } of waiting) expect((await outcome()).error).toBeUndefined();
  const stored = await leader.column(entries);
  expect(stored.slice(0, 3)).toEqual(['inside', 'still inside', 'inside to the end']);
  expect(stored.slice(3).sort()).toEqual([
    'another object',
    'another tab',
    'the same object, a batch',
    'the same object, queued',
  ]);
});

test('BEGIN waits for the writes before it', async ({ chromium, fixtures }) => {
  const [leader] = await openPair(chromium, fixtures, { schema });
  const seen = await leader.page.evaluate(
    async ([before, entries]) => {
      const { db, own } = globalThis as unknown as ScriptedPage;
      void own.queueWrite(before!);
      const [, { rows }] = await Promise.all([db.execute('BEGIN'), db.execute(entries!)]);
      await db.execute('ROLLBACK');
      return rows;
    },
    [log('before'), entries],
  );
  expect(seen).toEqual([{ entry: 'before' }]);
});

test('ROLLBACK stores nothing, and COMMIT without a transaction says so', async ({ chromium, fixtures }) => {
  const [leader, follower] = await begun(chromium, fixtures);
  const commits = await follower.countCommits();
  await leader.execute(['ROLLBACK', log('after')]);
  await expect.poll(() => follower.column(entries)).toEqual(['after']);
  expect(await commits()).toBe(1);
  for (const [sql, message] of [
    ['COMMIT', 'cannot commit - no transaction is active'],
    ['ROLLBACK', 'cannot rollback - no transaction is active'],
  ] as const) {
    expect((await leader.settle('db', 'execute', sql)).error).toMatchObject({ name: 'SqliteError', message });
  }
});

test('sync resolves at once while the object’s own transaction is open', async ({ chromium, fixtures }) => {
  const [leader] = await begun(chromium, fixtures);
  const queued = await leader.start('own', 'queueWrite', log('waits'));
  expect((await leader.settle('db', 'sync')).error).toBeUndefined();
  expect(await queued.isOver()).toBe(false);
  await leader.execute(['COMMIT']);
  expect((await queued.outcome()).error).toBeUndefined();
});

test('in a follower BEGIN is refused even where its writes are allowed, and one text is done', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await openPair(chromium, fixtures, { schema });
  const text = `BEGIN; ${log('one')}; ${log('two')}; COMMIT`;
  for (const sql of ['BEGIN', 'SAVEPOINT s', text]) {
    expect(await follower.refusal(sql), sql).toBe('WRITE_PERMISSION_DENIED');
  }
  await follower.settle('db', 'allowNonLeaderWrites', true);
  for (const sql of ['BEGIN', 'SAVEPOINT s']) {
    expect(await follower.refusal(sql), sql).toBe('WRITE_PERMISSION_DENIED');
  }
  await follower.execute([text]);
  for (const tab of [leader, follower]) expect(await tab.column(entries)).toEqual(['one', 'two']);
  expect(await leader.refusal(`BEGIN; ${log('three')}; ${log('one')}; COMMIT`)).toBe('SQLITE_CONSTRAINT_UNIQUE');
  expect(await leader.column(entries)).toEqual(['one', 'two']);
  await leader.execute(['BEGIN', 'COMMIT']);
});

test('one that was idle for 5 s is rolled back when a write waits, and its object is told', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await begun(chromium, fixtures);
  expect((await follower.settle('db', 'queueWriteWithTimeout', log('waited'), 20_000)).error).toBeUndefined();
  for (const sql of [log('half a transaction'), entries, log('more of it')]) {
    expect(await leader.refusal(sql), sql).toBe('TRANSACTION_LOST');
  }
  await leader.execute(['ROLLBACK', log('after')]);
  for (const tab of [leader, follower]) await expect.poll(() => tab.column(entries)).toEqual(['waited', 'after']);
});

test('one that a statement has rolled back is lost until ROLLBACK, COMMIT or BEGIN says that it is known', async ({
  chromium,
  fixtures,
}) => {
  const [leader] = await openPair(chromium, fixtures, { schema });
  await leader.execute([log('there')]);
  const lose = async () => {
    await leader.execute(['BEGIN', log('inside')]);
    const sql = "INSERT OR ROLLBACK INTO log (entry) VALUES ('there')";
    expect(await leader.refusal(sql)).toBe('SQLITE_CONSTRAINT_UNIQUE');
    expect(await leader.refusal(log('half a transaction'))).toBe('TRANSACTION_LOST');
  };
  await lose();
  await leader.execute(['ROLLBACK', log('after ROLLBACK')]);
  await lose();
  expect(await leader.refusal('COMMIT')).toBe('TRANSACTION_LOST');
  await leader.execute([log('after COMMIT')]);
  await lose();
  await leader.execute(['BEGIN', log('after BEGIN'), 'COMMIT']);
  expect(await leader.column(entries)).toEqual(['there', 'after ROLLBACK', 'after COMMIT', 'after BEGIN']);
});

test('close() rolls an open one back, and what waited goes on', async ({ chromium, fixtures }) => {
  const [leader, follower] = await begun(chromium, fixtures);
  const waiting = await follower.start('db', 'queueWrite', log('waited'));
  expect((await leader.settle('db', 'close')).error).toBeUndefined();
  expect((await waiting.outcome()).error).toBeUndefined();
  expect(await leader.refusal('COMMIT')).toBe('DATABASE_CLOSED');
  expect(await follower.column(entries)).toEqual(['waited']);
});

const ends: Record<string, (tab: Tab) => Promise<unknown>> = {
  'is closed': ({ page }) => page.close(),
  'is reloaded': ({ page }) => page.reload(),
  crashes: async ({ page }) => {
    const devtools = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    // Never answered: the process that would answer is gone.
    devtools.send('Page.crash').catch(() => {});
    await crashed;
  },
};
for (const [how, end] of Object.entries(ends)) {
  test(`nothing of one is stored whose tab ${how}, and what waited goes on`, async ({ chromium, fixtures }) => {
    const [leader, follower] = await begun(chromium, fixtures);
    const waiting = await follower.start('db', 'queueWrite', log('waited'));
    await end(leader);
    expect((await waiting.outcome()).error).toBeUndefined();
    expect(await follower.leads()).toBe(true);
    expect(await follower.column(entries)).toEqual(['waited']);
  });
}

test('requestLeadership of another tab waits for its COMMIT, and the new leader has it', async ({
  chromium,
  fixtures,
}) => {
  const [leader, follower] = await begun(chromium, fixtures);
  const asked = await follower.start('db', 'requestLeadership');
  await leader.execute([log('still inside')]);
  expect(await asked.isOver()).toBe(false);
  await leader.execute(['COMMIT']);
  expect((await asked.outcome()).error).toBeUndefined();
  expect([await leader.leads(), await follower.leads()]).toEqual([false, true]);
  expect(await follower.column(entries)).toEqual(['inside', 'still inside']);
  expect(await leader.refusal('BEGIN')).toBe('WRITE_PERMISSION_DENIED');
  await follower.execute(['BEGIN', log('in the new leader'), 'COMMIT']);
  await expect.poll(() => leader.column(entries)).toEqual(['inside', 'still inside', 'in the new leader']);
});

test('one whose tab loses the lock is lost, and nothing of it is stored', async ({ chromium, fixtures }) => {
  const [leader, follower] = await begun(chromium, fixtures);
  // As a follower does that has heard nothing from the leader for a whole lease.
  await follower.page.evaluate(() =>
    navigator.locks.request('sqlite-elements:guide.db', { steal: true }, async () => {}),
  );
  await expect.poll(() => leader.refusal(log('half a transaction'))).toBe('TRANSACTION_LOST');
  await leader.execute(['ROLLBACK']);
  expect((await leader.settle('db', 'queueWrite', log('after'))).error).toBeUndefined();
  for (const tab of [leader, follower]) await expect.poll(() => tab.column(entries)).toEqual(['after']);
});

test('a COMMIT that the browser has no room for rejects, changes nothing, and ends the transaction', async ({
  chromium,
  fixtures,
}) => {
  // Before anything is stored: the browser remembers for a while how much space there is.
  const other = await chromium.openTab(fixtures.at('script.html'));
  const devtools = await other.context().newCDPSession(other);
  const quota = { origin: new URL(fixtures.url).origin, quotaSize: 8_000_000 };
  await devtools.send('Storage.overrideQuotaForOrigin', quota);
  const [leader, follower] = await begun(chromium, fixtures);
  await leader.execute(['INSERT INTO log (entry) VALUES (hex(randomblob(6000000)))']);
  const { error } = await leader.settle('db', 'execute', 'COMMIT');
  expect(error).toMatchObject({ name: 'StorageError', code: 'QUOTA_EXCEEDED', isError: true });
  expect(await leader.column(entries)).toEqual([]);
  expect(await leader.refusal('ROLLBACK')).toBe('SQLITE_ERROR');
  expect((await leader.settle('db', 'execute', log('after'))).error).toBeUndefined();
  await expect.poll(() => follower.column(entries)).toEqual(['after']);
});
