// A query that nobody waits for any more is stopped if it runs, and never begins if it waits.
import { Tab, type ScriptedPage, type Surroundings } from './guide/tab.ts';
import { add, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';
import { endless } from './support/worker.ts';

const surroundings: Surroundings = { database: 'superseded.db', schema: 'CREATE TABLE t (x)', db: 'Database' };

test('a live query without an end is ended by its unsubscribe, and the next one is answered', async ({
  chromium,
  fixtures,
}) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const told = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const told: unknown[] = [];
    const live = db.liveQuery(endless, [], (rows, error) => told.push(error ?? rows));
    // A page cannot see that the query has begun. If it had not, this test would show less.
    await new Promise((resolve) => setTimeout(resolve, 100));
    live.unsubscribe();
    await new Promise((resolve) => db.liveQuery('SELECT 2 AS n', [], resolve));
    return told;
  }, endless);
  expect(told).toEqual([]);
});

test('of many live queries that are replaced at once none is begun', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const tookMs = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const begin = performance.now();
    for (let letter = 0; letter < 50; letter += 1) db.liveQuery(endless, [], () => {}).unsubscribe();
    await new Promise((resolve) => db.liveQuery('SELECT 1 AS n', [], resolve));
    return performance.now() - begin;
  }, endless);
  console.log(`    fifty replaced, and one answered after ${Math.round(tookMs)} ms`);
});

test('a live query that makes way for what the page asks is run again, and answered', async ({
  chromium,
  fixtures,
}) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const counted = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const slow = endless.replace('FROM n)', 'FROM n WHERE i < 3000000)');
    const answer = new Promise((resolve) => db.liveQuery(slow, [], (rows) => resolve(rows!.rows[0]!.n)));
    const others = Array.from({ length: 5 }, () => db.liveQuery(endless, [], () => {}));
    for (const other of others) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      other.unsubscribe();
    }
    return answer;
  }, endless);
  expect(counted).toBe(3_000_000);
});

test('queries that were given up while they waited are never begun', async ({ chromium, fixtures }) => {
  const tab = await Tab.open(chromium, fixtures, surroundings);
  const seen = await tab.page.evaluate(async (endless) => {
    const { db } = globalThis as unknown as ScriptedPage;
    const given = Array.from({ length: 20 }, () => new AbortController());
    const names = given.map(({ signal }) => db.query(endless, [], { signal }).catch(({ name }) => name));
    await new Promise((resolve) => setTimeout(resolve, 200));
    given.forEach((each) => each.abort());
    return { names: await Promise.all(names), next: (await db.query('SELECT 1 AS one')).rows };
  }, endless);
  expect(seen).toEqual({ names: Array(20).fill('AbortError'), next: [{ one: 1 }] });
});

test('who types into a search waits for the last letter alone', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const slow = `${endless.replace('FROM n)', 'FROM n WHERE i < 400000)').replace('AS n FROM', "AS n, '=' || :w AS w FROM")}`;
  await add(
    page,
    `<form id="search"><input name="w"></form><sqlite-query form="search" sql="${slow}"><template><p>{{w}}</p></template></sqlite-query>`,
  );
  await expect(page.locator('p')).toHaveText('=');
  const shown = await page.locator('sqlite-query').evaluateHandle((query) => {
    const shown: string[] = [];
    query.addEventListener('rows', () => shown.push(query.querySelector('p')!.textContent!));
    return shown;
  });
  await page.locator('input').pressSequentially('abcdefghijkl');
  await expect(page.locator('p')).toHaveText('=abcdefghijkl', { timeout: 30_000 });
  const answers = await shown.evaluate((shown) => shown);
  expect(answers.length, answers.join(' ')).toBeLessThan(12);
});

test('an element that asks something else does not wait for what it asked before', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, `<sqlite-query sql="${endless}"><template><p>{{n}}</p></template></sqlite-query>`);
  await expect(page.locator('sqlite-query')).toHaveAttribute('aria-busy', 'true');
  await page.locator('sqlite-query').evaluate((query) => query.setAttribute('sql', "SELECT 'another' AS n"));
  await expect(page.locator('p')).toHaveText('another');
});
