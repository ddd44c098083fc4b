// Every JavaScript block of docs/multi-tab.md, run as it stands: what surrounds it, and what is true after it.
import { type Entry, runBlocks } from './blocks.ts';
import { type ScriptedPage, type Tab } from './tab.ts';
import { expect } from '../support/test.ts';

const schema = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, drink TEXT NOT NULL, served INTEGER NOT NULL DEFAULT 0)`;
const nothing = { db: 'nothing' } as const;

const order = (drink: string) => `INSERT INTO orders (drink) VALUES ('${drink}')`;
const drinks = 'SELECT drink FROM orders ORDER BY id';
const served = 'SELECT served FROM orders ORDER BY id';

/**
 * Runs a block that waits until its tab leads. When the block has begun to wait `times` times, the leader's tab is
 * closed, and the block goes on.
 */
async function runsOnceTheLeaderIsGone(code: string, [leader, follower]: [Tab, Tab], times = 1): Promise<void> {
  await follower.page.evaluate(() => {
    const { prototype } = (globalThis as unknown as ScriptedPage).Database;
    const wait = prototype.waitForLeadership;
    const waits = Object.assign(globalThis, { waits: 0 });
    prototype.waitForLeadership = function () {
      waits.waits += 1;
      return wait.call(this);
    };
  });
  const running = follower.run(code);
  await follower.page.waitForFunction((times) => (globalThis as unknown as { waits: number }).waits >= times, times);
  expect(await follower.leads()).toBe(false);
  await leader.page.close();
  await running;
  expect(await follower.leads()).toBe(true);
}

/** A function that a block defines, which can be called from here. */
async function functionOf(tab: Tab, code: string, name: string): Promise<(given: unknown) => Promise<unknown>> {
  const module = await tab.run(code, [name]);
  return (given) =>
    module.evaluate((module, [name, given]) => (module[name as string] as Function)(given), [name, given]);
}

const firstLook: Record<string, Entry> = {
  'An order book in two windows': {
    'each tab adds an order, and both titles count both': async ({ code, pair }) => {
      const tabs = await pair({ ...nothing, schema: '' });
      for (const [at, tab] of tabs.entries()) {
        await tab.run(code);
        await tab.says(`Order ${at + 1} is stored.`);
      }
      for (const { page } of tabs) await expect(page).toHaveTitle('2 waiting');
    },
  },
};

const writing: Record<string, Entry> = {
  'From any tab': {
    'in either tab it is done, and can be read at once, with what it returns': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const tab of [leader, follower]) {
        await tab.write(`DELETE FROM orders; ${['espresso', 'chai', 'espresso'].map(order).join(';')}`);
        const { rows, rowsAffected } = await tab.values<any>(code, ['rows', 'rowsAffected']);
        expect({ rows, rowsAffected }).toEqual({ rows: [{ id: 1 }, { id: 3 }], rowsAffected: 2 });
        await tab.says('2 served: 1, 3');
        expect(await tab.column(served)).toEqual([1, 0, 1]);
      }
      expect(await leader.column(served)).toEqual([1, 0, 1]);
    },
    'what SQLite refuses rejects with its message, from either tab': async ({ code, pair }) => {
      const tabs = await pair();
      await tabs[0].write('DROP TABLE orders');
      for (const tab of tabs) await expect(tab.run(code)).rejects.toThrow('no such table: orders');
    },
  },
  'From any tab, 2': {
    'in either tab it is done': async ({ code, pair }) => {
      for (const tab of await pair()) {
        await tab.write(`${order('chai')}; UPDATE orders SET served = 1; ${order('latte')}`);
        await tab.run(code);
        expect(await tab.column('SELECT DISTINCT drink FROM orders')).toEqual(['latte']);
      }
    },
  },
  'Several at once': {
    'from either tab it is one commit': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const [writer, witness] of [
        [leader, follower],
        [follower, leader],
      ] as const) {
        await writer.write('DELETE FROM orders');
        await expect.poll(() => witness.column(drinks)).toEqual([]);
        const commits = await witness.countCommits();
        await writer.run(code);
        await expect.poll(() => witness.column(drinks)).toEqual(['chai', 'cortado', 'cocoa']);
        expect(await commits()).toBe(1);
      }
    },
  },
  'Several at once, 2': {
    'each write is done, and has a result of its own, in either tab': async ({ code, pair }) => {
      for (const tab of await pair()) {
        const { ids } = await tab.values<{ ids: number[] }>(code, ['ids']);
        const found = ids.map((id) => tab.rows('SELECT drink FROM orders WHERE id = ?', [id]));
        expect((await Promise.all(found)).flat()).toEqual(['mocha', 'latte', 'lungo'].map((drink) => ({ drink })));
      }
    },
  },
  'When a write fails': {
    'in either tab it says what became of the order': async ({ code, pair }) => {
      for (const tab of await pair()) {
        const take = await functionOf(tab, code, 'take');
        expect(await take('tea')).toBe('Taken.');
        expect(await take(null)).toBe('Which drink?');
        expect((await tab.column(drinks)).at(-1)).toBe('tea');
      }
    },
    'without an answer in time it says whether the write may have been done': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const take = await functionOf(follower, code, 'take');
      await leader.execute(['BEGIN']);
      expect(await take('tea')).toMatch(/^Look before you try again: timeout: .* may or may not have been done$/);
      await leader.execute(['ROLLBACK']);
    },
    'any other failure is thrown': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const take = await functionOf(follower, code, 'take');
      await leader.write('DROP TABLE orders');
      await expect(take('tea')).rejects.toThrow('no such table: orders');
    },
  },
  'By `execute`': {
    'the leader does it by itself, and for a follower, whom it refuses first': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await leader.write([order('chai'), order('latte')].join(';'));
      const serve = await Promise.all([leader, follower].map((tab) => functionOf(tab, code, 'serve')));
      expect(await serve[0]!(1)).toBe('by this tab');
      expect(await serve[1]!(2)).toBe('by the leader');
      for (const tab of [leader, follower]) expect(await tab.column(served)).toEqual([1, 1]);
    },
    'any other failure is thrown': async ({ code, tab }) => {
      const leader = await tab();
      const serve = await functionOf(leader, code, 'serve');
      await leader.write('DROP TABLE orders');
      await expect(serve(1)).rejects.toThrow('no such table: orders');
    },
  },
  'By `execute`, 2': {
    'a follower’s write is done, by the leader, which goes on leading': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      expect(await leader.values(code, ['lastInsertId'])).toEqual({ lastInsertId: 1 });
      expect(await follower.values(code, ['lastInsertId'])).toEqual({ lastInsertId: 2 });
      for (const tab of [leader, follower]) expect(await tab.column(drinks)).toEqual(['affogato', 'affogato']);
      expect([await leader.leads(), await follower.leads()]).toEqual([true, false]);
    },
  },
};

const reading: Record<string, Entry> = {
  'Reading, and following': {
    'either tab has the rows': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await leader.write(['chai', 'latte', 'mocha', 'latte', 'chai', 'latte'].map(order).join(';'));
      await expect.poll(() => follower.column('SELECT count(*) FROM orders')).toEqual([6]);
      for (const tab of [leader, follower]) {
        await tab.run(code);
        await tab.says('2 × chai');
        expect(tab.said).toEqual(['3 × latte', '2 × chai']);
      }
    },
  },
  'Reading, and following, 2': {
    'the list follows what either tab writes, says what is wrong, and rests once it is closed': async ({
      code,
      pair,
    }) => {
      const [leader, follower] = await pair();
      const items = follower.page.locator('ol > li');
      const close = await functionOf(follower, code, 'closeUp');
      await leader.write(order('chai'));
      await expect(items).toHaveText(['chai']);
      await follower.write(order('latte'));
      await expect(items).toHaveText(['chai', 'latte']);
      await leader.write('UPDATE orders SET served = 1 WHERE id = 1');
      await expect(items).toHaveText(['latte']);
      await leader.write('ALTER TABLE orders RENAME TO sales');
      await expect(items).toHaveText([/no such table: orders/]);
      await leader.write('ALTER TABLE sales RENAME TO orders');
      await expect(items).toHaveText(['latte']);
      await close(undefined);
      // Another live query, of the test itself. When it has called back, the closed one would have called back too.
      await follower.page.evaluate(() => {
        const { own } = globalThis as unknown as ScriptedPage;
        own.liveQuery('SELECT count(*) AS n FROM orders', [], (result) => {
          document.title = `${result?.rows[0]?.n} in all`;
        });
      });
      await expect(follower.page).toHaveTitle('2 in all');
      await leader.write(order('mocha'));
      await expect(follower.page).toHaveTitle('3 in all');
      await expect(items).toHaveText(['latte']);
    },
  },
  'Reading, and following, 3': {
    'it hears of rows and of the schema, from other tabs only': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await follower.run(code);
      await leader.write(order('chai'));
      await follower.says(/^Commit \d+; the latest order: chai$/);
      await leader.write('CREATE TABLE more (a)');
      await follower.says(/^Commit \d+ changed the tables\.$/);
      await follower.write(order('its own'));
      await leader.write('INSERT INTO more VALUES (1)');
      await leader.write(order('latte'));
      await follower.says(/^Commit \d+; the latest order: latte$/);
      expect(follower.said).toHaveLength(3);
    },
  },
};

const leading: Record<string, Entry> = {
  'Who leads': {
    'either tab says which, and until when': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      const { instanceId } = await leader.leaderInfo();
      for (const [tab, who] of [
        [leader, 'This tab'],
        [follower, `Tab ${instanceId}`],
      ] as const) {
        const before = Date.now();
        const { leaseExpiry } = await tab.values<{ leaseExpiry: number }>(code, ['leaseExpiry']);
        expect(leaseExpiry).toBeGreaterThan(before - 5_000);
        expect(leaseExpiry).toBeLessThan(Date.now() + 10_000);
        await tab.says(`${who} leads; the lease runs until ${new Date(leaseExpiry).toISOString()}.`);
      }
    },
  },
  'Who leads, 2': {
    'the follower takes the lead from a tab that goes on, and writes; again it leads already': async ({
      code,
      pair,
    }) => {
      const [leader, follower] = await pair();
      for (let round = 1; round <= 2; round += 1) {
        await leader.write(order('espresso'));
        await follower.run(code);
        expect([await leader.leads(), await follower.leads()]).toEqual([false, true]);
        for (const tab of [leader, follower]) {
          await expect.poll(() => tab.column(served)).toEqual(Array.from({ length: round }, () => 1));
        }
      }
    },
  },
  'Who leads, 3': {
    'the leader tidies up at once': async ({ code, tab }) => {
      const leader = await tab();
      await leader.write(`${order('chai')}; UPDATE orders SET served = 1; ${order('latte')}`);
      await leader.run(code);
      expect(await leader.column(drinks)).toEqual(['latte']);
    },
    'a follower waits for longer than one wait, until the leader is gone': async ({ code, pair }) => {
      const tabs = await pair();
      await tabs[0].write(`${order('chai')}; UPDATE orders SET served = 1; ${order('latte')}`);
      await runsOnceTheLeaderIsGone(code, tabs, 2);
      expect(await tabs[1].column(drinks)).toEqual(['latte']);
    },
  },
  'Who leads, 4': {
    'both tabs hear that the lead has moved': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const tab of [leader, follower]) await tab.run(code);
      await expect(leader.page.locator('sqlite-db[leader]')).toHaveCount(1);
      await expect(follower.page.locator('sqlite-db[state=ready]:not([leader])')).toHaveCount(1);
      expect((await follower.settle('own', 'requestLeadership')).error).toBeUndefined();
      await leader.says('The lead is elsewhere.');
      await follower.says('The lead is here.');
      await expect(leader.page.locator('sqlite-db:not([leader])')).toHaveCount(1);
      await expect(follower.page.locator('sqlite-db[leader]')).toHaveCount(1);
    },
  },
};

const counting: Record<string, Entry> = {
  'Showing what is not stored yet': {
    'the badge counts a write while the leader holds it back, in either tab': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const tab of [leader, follower]) {
        const badge = tab.page.locator('output');
        await leader.execute(['BEGIN']);
        const running = tab.run(code);
        await expect(badge).toHaveText('1 on their way');
        await leader.execute(['COMMIT']);
        await running;
        await expect(badge).toHaveText('0 on their way');
      }
      expect(await follower.column(drinks)).toEqual(['americano', 'americano']);
    },
  },
  'Showing what is not stored yet, 2': {
    'what is announced counts, runs nothing, and is queued or forgotten': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      for (const [tab, agrees] of [
        [leader, false],
        [follower, false],
        [follower, true],
      ] as const) {
        // The block asks the guest once. At that moment the test reads what counts as pending.
        await tab.page.evaluate((agrees) => {
          const globals = globalThis as unknown as ScriptedPage;
          const look = () =>
            Promise.all([globals.db.getPendingWritesCount(), globals.db.query('SELECT * FROM orders')]);
          const guestAgrees = () => (Object.assign(globals, { looked: look() }), agrees);
          Object.defineProperty(globals, 'guestAgrees', { get: guestAgrees, configurable: true });
        }, agrees);
        const { announced } = await tab.values<{ announced: string }>(code, ['announced']);
        expect(announced).toEqual(expect.stringMatching(/./));
        const looked = await tab.page.evaluate(async () => {
          const [pending, { rows }] = (await (globalThis as unknown as ScriptedPage).looked) as [number, { rows: [] }];
          return { pending, rows };
        });
        expect(looked).toEqual({ pending: 1, rows: [] });
        expect((await tab.settle('db', 'getPendingWritesCount')).value).toBe(0);
        expect(await tab.column(drinks)).toEqual(agrees ? ['macchiato'] : []);
      }
    },
  },
  'Counting what the tabs do': {
    'the leader announces its commits, and a follower hears of those that it asked for': async ({ code, pair }) => {
      const [leader, follower] = await pair();
      await leader.run(code);
      await leader.says('2 commits announced or heard');
      await expect.poll(() => follower.column(drinks)).toEqual(['doppio', 'melange']);
      await follower.run(code);
      await follower.says('2 commits announced or heard');
    },
  },
  'Counting what the tabs do, 2': {
    'what is recorded is counted, stays when counting ends, and is gone when it is reset': async ({ code, tab }) => {
      const leader = await tab();
      await leader.run(code);
      await leader.says('2 heard, after 12 ms on average');
      expect((await leader.settle('db', 'isCoordinationMetricsEnabled')).value).toBe(false);
      const reset = JSON.parse((await leader.settle('db', 'getCoordinationMetrics')).value as unknown as string);
      expect(reset).toMatchObject({ total_notifications: 0, avg_notification_latency_ms: 0 });
    },
  },
};

const wrapper: Record<string, Entry> = {
  'A wrapper for one writer': {
    'either tab shows what the other writes, though nobody called init()': async ({ code, pair }) => {
      const [leader, follower] = await pair(nothing);
      for (const tab of [leader, follower]) {
        await tab.run(code);
        await expect(tab.page).toHaveTitle('A quiet moment');
      }
      await leader.write(order('latte'));
      await expect(follower.page).toHaveTitle('Next: latte');
      await follower.write('UPDATE orders SET served = 1; ' + order('chai'));
      await expect(leader.page).toHaveTitle('Next: chai');
    },
  },
  'A wrapper for one writer, 2': {
    'the leader writes at once': async ({ code, tab }) => {
      const leader = await tab(nothing);
      expect(await leader.values(code, ['lastInsertId'])).toEqual({ lastInsertId: 1 });
      expect(await leader.column(drinks)).toEqual(['ristretto']);
    },
    'a follower writes once the leader is gone': async ({ code, pair }) => {
      const tabs = await pair(nothing);
      await runsOnceTheLeaderIsGone(code, tabs);
      expect(await tabs[1].column(drinks)).toEqual(['ristretto']);
    },
  },
};

runBlocks(
  'multi-tab.md',
  { database: 'cafe.db', schema, db: 'Database' },
  { ...firstLook, ...writing, ...reading, ...leading, ...counting, ...wrapper },
);
