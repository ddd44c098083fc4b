// The to-do list in several tabs: all tabs show what one tab writes, and it is still there tomorrow.
import { type Page } from '@playwright/test';
import { leaderFirst, ready } from './support/database.ts';
import { expect, test } from './support/test.ts';

async function add(page: Page, title: string): Promise<void> {
  await ready(page);
  await page.getByLabel('What to do').fill(title);
  await page.getByRole('button', { name: 'Add' }).click();
}

function item(page: Page, title: string) {
  return page.getByRole('checkbox', { name: title, exact: true });
}

test('a form submitted in a follower appears in the leader’s page and in a third tab', async ({ chromium }) => {
  const pages = [
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
  ];
  const [leader, follower, third] = await leaderFirst(pages);
  await add(follower!, 'Written in a follower');
  for (const page of [leader!, follower!, third!]) await expect(item(page, 'Written in a follower')).toBeVisible();
  await expect(follower!.getByLabel('What to do')).toHaveValue('');
});

test('a tick and a deletion in one tab show in the other, and so does the count', async ({ chromium }) => {
  const [leader, follower] = await leaderFirst([
    await chromium.openTab('todo.html'),
    await chromium.openTab('todo.html'),
  ]);
  const title = 'Tick something there';
  await expect(leader!.getByText('0 of 2 done')).toBeVisible();
  await item(follower!, title).click();
  for (const page of [leader!, follower!]) {
    await expect(item(page, title)).toBeChecked();
    await expect(page.getByText('1 of 2 done')).toBeVisible();
  }
  await item(leader!, title).click();
  await expect(item(follower!, title)).not.toBeChecked();
  await item(leader!, title).click();
  await follower!.getByRole('button', { name: 'Clear what is done' }).click();
  await expect(item(leader!, title)).toHaveCount(0);
  await leader!.getByRole('button', { name: /^Delete/ }).click();
  for (const page of [leader!, follower!]) await expect(page.getByText('Nothing to do.')).toBeVisible();
});

test('a value that looks like markup is shown as text', async ({ chromium }) => {
  const page = await chromium.openTab('todo.html');
  const title = '<img src=x onerror="document.title = 1"> & {{id}}';
  await add(page, title);
  await expect(item(page, title)).toBeVisible();
  await expect(page.locator('main img')).toHaveCount(0);
});

test('a reload right after a write shows it', async ({ chromium }) => {
  const page = await chromium.openTab('todo.html');
  await add(page, 'Survives a reload');
  await expect(item(page, 'Survives a reload')).toBeVisible();
  await page.reload();
  await expect(item(page, 'Survives a reload')).toBeVisible();
});

test('closing every tab and the browser, and opening them again, shows what was written', async ({ installed }) => {
  const [leader, follower] = await leaderFirst([
    await installed.openTab('todo.html'),
    await installed.openTab('todo.html'),
  ]);
  await add(leader!, 'From the leader');
  await add(follower!, 'From the follower');
  await expect(item(leader!, 'From the follower')).toBeVisible();
  await expect(item(follower!, 'From the follower')).toBeVisible();
  await installed.restart();
  const page = await installed.openTab('todo.html');
  await ready(page);
  await expect(page.getByRole('listitem').locator('label')).toHaveText([
    'Open this page in a second tab',
    'Tick something there',
    'From the leader',
    'From the follower',
  ]);
});
