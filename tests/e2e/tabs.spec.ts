// The tabs demo: it shows what the guide's page about several tabs describes.
import { type Page } from '@playwright/test';
import { leaderFirst, ready } from './support/database.ts';
import { expect, test } from './support/test.ts';

const status = (page: Page) => page.getByRole('main').locator('sqlite-status');

test('each tab says whether it leads, and names the leader', async ({ chromium }) => {
  const first = await chromium.openTab('tabs.html');
  await ready(first);
  const second = await chromium.tabOpenedBy(() => first.getByRole('link', { name: 'Open another tab' }).click());
  const [leader, follower] = await leaderFirst([first, second]);
  await expect(status(leader!)).toContainText('leader');
  await expect(status(follower!)).toContainText('follower');
  const leaderId = (await leader!.locator('#leader').textContent())!;
  expect(leaderId).toMatch(/^[0-9a-f-]{8,}$/);
  await expect(follower!.locator('#leader')).toHaveText(leaderId);
  await leader!.close();
  await expect(status(follower!)).toContainText('leader');
  await expect(follower!.locator('#leader')).not.toHaveText(leaderId);
});

test('a write from a follower arrives in the leader, and is logged with how long it took', async ({ chromium }) => {
  const [leader, follower] = await leaderFirst([
    await chromium.openTab('tabs.html'),
    await chromium.openTab('tabs.html'),
  ]);
  await follower!.getByRole('button', { name: '+1 pears' }).click();
  for (const page of [leader!, follower!]) {
    await expect(page.getByRole('listitem').filter({ hasText: 'pears' }).getByRole('status')).toHaveText('1');
  }
  const latest = (page: Page) => page.getByRole('log').getByRole('listitem').first();
  await expect(latest(leader!)).toContainText('counter');
  await expect(follower!.getByRole('log').getByRole('listitem')).toHaveCount(0);
  await leader!.getByRole('button', { name: '+1 plums' }).click();
  await expect(latest(follower!)).toContainText(/counter.*\d ms/);
});

test('a write that does not go through the queue is refused in a follower and done in the leader', async ({
  chromium,
}) => {
  const [leader, follower] = await leaderFirst([
    await chromium.openTab('tabs.html'),
    await chromium.openTab('tabs.html'),
  ]);
  await follower!.locator('#direct').click();
  await expect(follower!.locator('#answer')).toContainText('WRITE_PERMISSION_DENIED');
  await leader!.locator('#direct').click();
  await expect(leader!.locator('#answer')).toContainText('Done');
  for (const page of [leader!, follower!]) {
    await expect(page.getByRole('listitem').filter({ hasText: 'apples' }).getByRole('status')).toHaveText('1');
  }
});

test('a hundred writes are pending, then none is, and all of them have happened', async ({ chromium }) => {
  const [leader, follower] = await leaderFirst([
    await chromium.openTab('tabs.html'),
    await chromium.openTab('tabs.html'),
  ]);
  await status(follower!).evaluate((element) => {
    const seen: string[] = [];
    Object.assign(globalThis, { seen });
    const options = { subtree: true, childList: true, characterData: true };
    new MutationObserver(() => seen.push(element.textContent)).observe(element, options);
  });
  await follower!.locator('#burst').click();
  await expect(follower!.locator('#answer')).toContainText('100 writes');
  await expect(status(follower!)).not.toContainText('pending');
  const seen = await follower!.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
  expect(seen.join()).toMatch(/\d+ writes pending/);
  for (const page of [leader!, follower!]) {
    await expect(page.getByRole('listitem').filter({ hasText: 'apples' }).getByRole('status')).toHaveText('100');
  }
});
