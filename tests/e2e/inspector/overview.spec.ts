// What the inspector shows by itself: tabs and who leads, commits as they arrive, latency, pending writes, figures.
import { type Page } from '@playwright/test';
import { type DatabaseElement, ready, write } from '../support/database.ts';
import { expect, test } from '../support/test.ts';
import { choose, commits, fact, inspector, pair } from './stage.ts';

test('it says who leads and how many tabs there are, and a follower leads from a press of its button', async ({
  chromium,
}) => {
  const [leader, follower] = await pair(chromium);
  const id = (page: Page) =>
    page
      .locator('sqlite-db')
      .evaluate((element) => (element as HTMLElementTagNameMap['sqlite-db']).database!.instanceId);
  for (const page of [leader, follower]) {
    await expect(fact(page, 'Tabs')).toHaveText('2 tabs');
    await expect(fact(page, 'This tab')).toHaveText(await id(page));
    await expect(fact(page, 'Lease')).toHaveText(/^\d\.\d s/);
  }
  await expect(fact(leader, 'Leader')).toHaveText('this tab');
  await expect(fact(follower, 'Leader')).toHaveText(await id(leader));
  const lead = follower.getByRole('button', { name: 'Lead from here' });
  await lead.focus();
  await lead.press('Enter');
  await expect(fact(follower, 'Leader')).toHaveText('this tab');
  await expect(fact(leader, 'Leader')).toHaveText(await id(follower));
  // The button is disabled now, and keeps the focus.
  await expect(lead).toBeDisabled();
  await expect(lead).toBeFocused();
  await leader.close();
  await expect(fact(follower, 'Tabs')).toHaveText('1 tab');
});

test('where there are no Web Locks it says that the number of tabs is unknown', async ({ chromium, demos }) => {
  const page = await chromium.openTab(demos.plainlyAt('inspector.html'));
  await ready(page);
  await expect(fact(page, 'Tabs')).toHaveText(/^unknown/);
  await expect(fact(page, 'Leader')).toHaveText('this tab');
});

test('commits are listed as they arrive, can be held, and are cleared', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  await choose(follower, 'Commits');
  await choose(leader, 'Commits');
  const insert = (name: string) => write(leader, 'INSERT INTO place (name) VALUES (?)', [name]);
  await insert('Quay');
  await expect(commits(follower).first()).toContainText(/place.*data.*another tab.*ms/);
  await expect(commits(leader).first()).toContainText(/place.*data.*this page/);
  await write(leader, 'CREATE TABLE ring (id INTEGER PRIMARY KEY)');
  await expect(commits(follower).first()).toContainText('schema');
  const before = await commits(follower).count();
  const numbers = await commits(follower).locator('td:first-child').allTextContents();
  expect(numbers.map(Number)).toEqual(numbers.map(Number).toSorted((a, b) => b - a));
  await follower.getByRole('button', { name: 'Pause' }).click();
  await insert('Reed bed');
  await expect(inspector(follower).getByText('Paused; 1 more since')).toBeVisible();
  await expect(commits(follower)).toHaveCount(before);
  await follower.getByRole('button', { name: 'Pause' }).click();
  await expect(commits(follower)).toHaveCount(before + 1);
  await follower.getByRole('button', { name: 'Clear' }).click();
  await expect(commits(follower)).toHaveCount(0);
});

test('the last 200 commits stay in the list, and the last 100 latencies in the plot', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  await choose(follower, 'Commits');
  await leader.locator('sqlite-db').evaluate(async (element) => {
    const { database } = element as DatabaseElement;
    for (let i = 0; i < 210; i += 1) await database.queueWrite('UPDATE place SET name = name WHERE id = 1');
  });
  await expect(inspector(follower).getByText(/^The last 200 of 21\d commits$/)).toBeVisible();
  await expect(commits(follower)).toHaveCount(200);
  await choose(follower, 'Overview');
  await expect(inspector(follower).locator('figcaption')).toHaveText(
    /^Median [\d.]+ ms, 95 % within [\d.]+ ms, slowest [\d.]+ ms: .* the last 100 commits of other tabs\.$/,
  );
  const bars = await inspector(follower).locator('svg .bars').getAttribute('d');
  expect(bars!.match(/M/g)).toHaveLength(100);
});

test('writes of the page that have no answer yet are counted', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  const execute = (sql: string) =>
    leader.locator('sqlite-db').evaluate((element, sql) => (element as DatabaseElement).database.execute(sql), sql);
  await expect(fact(follower, 'Pending writes')).toHaveText('0');
  await execute('BEGIN');
  const written = write(follower, "INSERT INTO place (name) VALUES ('waits for the transaction')");
  await expect(fact(follower, 'Pending writes')).toHaveText('1');
  await execute('COMMIT');
  await written;
  await expect(fact(follower, 'Pending writes')).toHaveText('0');
});

test('the metrics are counted when they are asked for, and begin anew', async ({ chromium }) => {
  const [leader, follower] = await pair(chromium);
  await write(leader, "INSERT INTO place (name) VALUES ('before')");
  // The commit has arrived in the follower too.
  await expect(fact(follower, 'Newest commit')).toHaveText(/^\d+$/);
  await expect(fact(follower, 'Commits taken over')).toBeHidden();
  await follower.getByLabel('Count what this tab does with others').check();
  await expect(fact(follower, 'Commits taken over')).toHaveText('0');
  await write(leader, "INSERT INTO place (name) VALUES ('after')");
  await expect(fact(follower, 'Commits taken over')).toHaveText('1');
  await follower.getByRole('button', { name: 'Reset' }).click();
  await expect(fact(follower, 'Commits taken over')).toHaveText('0');
});
