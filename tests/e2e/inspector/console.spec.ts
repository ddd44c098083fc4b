// The inspector's SQL console: results, writes from any tab, plans, stopping, history.
import { type Page } from '@playwright/test';
import { ready, rowsOf } from '../support/database.ts';
import { expect, test } from '../support/test.ts';
import { alert, choose, fact, inspector, opened, pair, result, run, sql } from './stage.ts';

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

test('the console shows rows, NULL and blobs as what they are, and never as markup', async ({ chromium }) => {
  const page = await opened(chromium);
  await choose(page, 'Console');
  await run(
    page,
    `SELECT '<img src=x onerror=alert(1)>' AS "<b>t</b>", NULL AS n, x'0102' AS b, 9007199254740993 AS i`,
  );
  await expect(result(page).getByRole('columnheader')).toHaveText(['<b>t</b>', 'n', 'b', 'i']);
  await expect(result(page).getByRole('cell')).toHaveText([
    '<img src=x onerror=alert(1)>',
    'NULL',
    'blob, 2 bytes',
    '9007199254740993',
  ]);
  await expect(inspector(page).locator('img, b')).toHaveCount(0);
  await run(page, 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n');
  await expect(result(page).locator('tbody tr')).toHaveCount(500);
  await expect(inspector(page).getByText('The first 500 of 2,000 rows are shown.')).toBeVisible();
  await expect(
    inspector(page)
      .getByRole('status')
      .filter({ hasText: /^2,000 rows, [\d.]+ ms$/ }),
  ).toHaveCount(1);
  await run(page, 'SELECT 1 AS a, 2 AS a');
  await expect(inspector(page).getByText('Two columns are called a')).toBeVisible();
  await run(page, 'SELECT 1 FROM nowhere');
  await expect(alert(page)).toHaveText('SQLITE_ERROR: no such table: nowhere');
  await expect(result(page)).toBeHidden();
  await run(page, 'BEGIN');
  await expect(alert(page)).toContainText('BEGIN; …; COMMIT');
  await run(page, 'SELECT 1 AS one');
  await expect(alert(page)).toHaveCount(0);
});

test('the console of a follower writes through the leader', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  await choose(follower, 'Console');
  await run(follower, "INSERT INTO place (name) VALUES ('Estuary') RETURNING id, name");
  await expect(result(follower).getByRole('cell')).toHaveText([/\d+/, 'Estuary']);
  await expect(
    inspector(follower)
      .getByText(/1 row, 1 row changed, last id \d+/)
      .first(),
  ).toBeVisible();
  expect(await rowsOf(leader, "SELECT count(*) AS n FROM place WHERE name = 'Estuary'")).toEqual([{ n: 1 }]);
  // A write that waits cannot be taken back: another tab may be running it.
  const execute = (text: string) =>
    leader.locator('sqlite-db').evaluate(async (element, text) => {
      await (element as HTMLElementTagNameMap['sqlite-db']).database!.execute(text);
    }, text);
  await execute('BEGIN');
  await run(follower, "DELETE FROM place WHERE name = 'Estuary'");
  await expect(fact(follower, 'Pending writes')).toHaveText('1');
  await expect(follower.getByRole('button', { name: 'Stop' })).toBeDisabled();
  await execute('COMMIT');
  await expect(
    inspector(follower)
      .getByText(/^1 row changed/)
      .first(),
  ).toBeVisible();
});

test('the plan of a statement is a tree', async ({ chromium }) => {
  const page = await opened(chromium);
  await choose(page, 'Console');
  await sql(page).fill("SELECT * FROM sighting WHERE bird IN (SELECT name FROM place) OR bird = 'Wren'");
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  const tree = result(page).getByRole('list', { name: 'Query plan' });
  await expect(tree.locator('> li').first()).toContainText(/SEARCH|SCAN/);
  await expect(tree.locator('li li').first()).toContainText('place');
  // A write is planned, but not run.
  await sql(page).fill('DELETE FROM sighting WHERE bird = (SELECT min(bird) FROM sighting)');
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await expect(tree).toContainText('sighting_by_bird');
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM sighting')).toEqual([{ n: 2 }]);
});

test('a query without an end is stopped by a button or Escape, and the console goes on', async ({ chromium }) => {
  const page = await opened(chromium);
  await choose(page, 'Console');
  const stop = page.getByRole('button', { name: 'Stop' });
  await expect(stop).toBeDisabled();
  await run(page, endless);
  await stop.click();
  await expect(alert(page)).toHaveText('STOPPED: the query was stopped');
  await run(page, endless);
  await expect(stop).toBeEnabled();
  await sql(page).press('Escape');
  await expect(stop).toBeDisabled();
  await run(page, 'SELECT 42 AS answer');
  await expect(result(page).getByRole('cell')).toHaveText(['42']);
});

test('what was run is remembered in this tab, through a reload, and comes back by keyboard or by a click', async ({
  chromium,
}) => {
  const page = await opened(chromium);
  await choose(page, 'Console');
  for (const text of ['SELECT 1 AS one', 'SELECT 2 AS two', 'SELECT 1 AS one']) {
    await run(page, text);
    await expect(result(page).getByRole('columnheader')).toHaveText([text.split(' ')[3]!]);
  }
  await page.reload();
  await ready(page);
  await choose(page, 'Console');
  await inspector(page).getByText('History', { exact: true }).click();
  const entries = inspector(page).locator('[part=history]');
  await expect(entries).toHaveText(['SELECT 1 AS one', 'SELECT 2 AS two']);
  await sql(page).fill('being written');
  for (const expected of ['SELECT 1 AS one', 'SELECT 2 AS two', 'SELECT 2 AS two']) {
    await sql(page).press('Alt+ArrowUp');
    await expect(sql(page)).toHaveValue(expected);
  }
  await sql(page).press('Alt+ArrowDown');
  await sql(page).press('Alt+ArrowDown');
  await expect(sql(page)).toHaveValue('being written');
  await entries.last().click();
  await expect(sql(page)).toHaveValue('SELECT 2 AS two');
  await expect(sql(page)).toBeFocused();
});

test('what was run is forgotten with the database, in every tab', async ({ chromium }) => {
  const page = await opened(chromium);
  const [with_, without] = [await opened(chromium), await opened(chromium)];
  const all = [page, with_, without];
  const secret = "SELECT 'secret' AS word";
  for (const each of all) {
    await choose(each, 'Console');
    await run(each, secret);
    await expect(result(each).getByRole('cell')).toHaveText(['secret']);
  }
  // By then, one of the tabs has left the page.
  await without.goto('icon.svg');
  await page.evaluate(async () => {
    const library: string = '/dist/sqlite-elements.js';
    const { Database } = await import(library);
    await Database.delete('inspector.db');
  });
  const kept = (tab: Page) => tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  const entries = (tab: Page) => inspector(tab).locator('[part=history]');
  for (const each of [page, with_]) {
    await expect(alert(each)).toContainText('STORAGE_GONE');
    await expect(entries(each)).toHaveCount(0);
    await expect.poll(() => kept(each)).not.toContain('secret');
  }
  await without.goto('inspector.html');
  await ready(without);
  await choose(without, 'Console');
  await run(without, 'SELECT 1 AS one');
  await expect(entries(without)).toHaveText(['SELECT 1 AS one']);
  expect(await kept(without)).not.toContain('secret');
});

test('a transaction that the page has open is neither seen nor kept alive', async ({ chromium }) => {
  const [page, follower] = await pair(chromium);
  await choose(page, 'Console');
  const execute = (sql: string) =>
    page.locator('sqlite-db').evaluate(async (element, sql) => {
      const { database } = element as HTMLElementTagNameMap['sqlite-db'];
      return database!.execute(sql).then(
        () => 'done',
        ({ code }: { code: string }) => code,
      );
    }, sql);
  expect(await execute('BEGIN')).toBe('done');
  expect(await execute('DELETE FROM sighting')).toBe('done');
  await run(page, 'SELECT count(*) AS n FROM sighting');
  await expect(result(page).getByRole('cell')).toHaveText(['2']);
  // The inspector runs a query each second. The page, which has forgotten its transaction, does not.
  await choose(page, 'Overview');
  await follower.locator('sqlite-db').evaluate(async (element) => {
    const { database } = element as HTMLElementTagNameMap['sqlite-db'];
    await database!.queueWriteWithTimeout("INSERT INTO place (name) VALUES ('waits')", 30_000);
  });
  expect(await execute('COMMIT')).toBe('TRANSACTION_LOST');
});
