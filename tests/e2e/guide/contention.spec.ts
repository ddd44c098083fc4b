// The recommendations of docs/transactions.md, in three tabs that follow them at the same time. No call may be refused,
// and the result must be the same as if one tab after the other had done it.
import { type Page } from '@playwright/test';
import { blocksOf } from './blocks.ts';
import { type ScriptedPage, Tab } from './tab.ts';
import { type Browser } from '../support/browser.ts';
import { type Origin } from '../support/origin.ts';
import { expect, test } from '../support/test.ts';

const blocks = new Map(blocksOf('transactions.md').map(({ at, code }) => [at, code]));
const helper = blocks.get('Across calls')!;
const amounts = 'SELECT amount FROM account ORDER BY name';

/** Three tabs of a bank in which Alice has this amount. */
async function openThree(chromium: Browser, fixtures: Origin, amount: number): Promise<Tab[]> {
  const schema = `
    CREATE TABLE account (name TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0));
    INSERT INTO account VALUES ('Alice', ${amount}), ('Bob', 0);`;
  const tabs: Tab[] = [];
  for (let count = 0; count < 3; count += 1) {
    tabs.push(await Tab.open(chromium, fixtures, { database: 'bank.db', schema, db: 'Database' }));
  }
  return tabs;
}

/** Runs this in all tabs at once, so many times in each. */
async function runInAll(tabs: Tab[], times: number, code: string): Promise<void> {
  const module = `${code.includes('inTransaction') ? helper : ''}
    export async function run() { for (let n = 0; n < ${times}; n += 1) { ${code} } }`;
  const modules = await Promise.all(tabs.map((tab) => tab.run(module)));
  await Promise.all(modules.map((module) => module.evaluate(({ run }) => (run as () => Promise<void>)())));
}

for (const [at, expected] of Object.entries({
  'As a batch': [700, 300],
  'As one text': [700, 300],
  'As one text, 2': [700, 300],
  'Depending on what is there': [100, 0],
})) {
  test(`“${at}” in three tabs at once`, async ({ chromium, fixtures }) => {
    const tabs = await openThree(chromium, fixtures, 1000);
    await runInAll(tabs, 10, blocks.get(at)!);
    for (const tab of tabs) await expect.poll(() => tab.column(amounts)).toEqual(expected);
  });
}

test('“Deciding by script” in three tabs at once: each halves what the one before has left', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openThree(chromium, fixtures, 2 ** 20);
  await runInAll(tabs, 5, blocks.get('Deciding by script')!);
  for (const tab of tabs) await expect.poll(() => tab.column(amounts)).toEqual([2 ** 5, 0]);
});

test('“Across calls” in three tabs at once: each transaction is done, once, after one another', async ({
  chromium,
  fixtures,
}) => {
  const tabs = await openThree(chromium, fixtures, 2 ** 20);
  await runInAll(tabs, 5, blocks.get('Across calls, 2')!);
  for (const tab of tabs) await expect.poll(() => tab.column(amounts)).toEqual([2 ** 5, 2 ** 20 - 2 ** 5]);
});

test('“Savepoints” in three tabs at once', async ({ chromium, fixtures }) => {
  const tabs = await openThree(chromium, fixtures, 1000);
  await runInAll(tabs, 5, blocks.get('Savepoints')!);
  for (const tab of tabs) await expect.poll(() => tab.column(amounts)).toEqual([850, 0]);
});

test('a transaction that is tried again leaves nothing of what was tried before', async ({ chromium, fixtures }) => {
  const tabs = await openThree(chromium, fixtures, 0);
  const attempts = await Promise.all(tabs.map(({ page }) => count(page)));
  const done = await Promise.all(
    tabs.map(async (tab) => {
      const module = await tab.run(helper, ['inTransaction']);
      return module.evaluate(async ({ inTransaction }) => {
        const { db, begun } = globalThis as unknown as ScriptedPage & { begun: number[] };
        for (let n = 0; n < 10; n += 1) {
          await (inTransaction as Function)(db, async () => {
            begun.push(n);
            const { rows } = await db.execute("SELECT amount FROM account WHERE name = 'Bob'");
            await db.execute("UPDATE account SET amount = ? WHERE name = 'Bob'", [Number(rows[0]!['amount']) + 1]);
          });
        }
        return 10;
      });
    }),
  );
  expect(done).toEqual([10, 10, 10]);
  for (const begun of attempts) expect(await begun()).toBeGreaterThanOrEqual(10);
  for (const tab of tabs) await expect.poll(() => tab.column(amounts)).toEqual([0, 30]);
});

/** Counts how often the work was begun. */
async function count(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => Object.assign(globalThis, { begun: [] }));
  return () => page.evaluate(() => (globalThis as unknown as { begun: number[] }).begun.length);
}
