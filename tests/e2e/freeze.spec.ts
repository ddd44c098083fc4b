// Tabs that the browser stops and lets go on: they keep nobody waiting, and come back to what is.
import { type Page } from '@playwright/test';
import { leaderFirst } from './support/database.ts';
import { expect, test } from './support/test.ts';

async function setState(page: Page, state: 'frozen' | 'active'): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state });
}

test('a leader that is frozen has given the lead away, and shows what it missed when it goes on', async ({
  chromium,
}) => {
  const pages = [await chromium.openTab('todo.html'), await chromium.openTab('todo.html')];
  const [leader, follower] = await leaderFirst(pages);
  const frozenAt = Date.now();
  await setState(leader!, 'frozen');
  await expect(follower!.locator('sqlite-db')).toHaveAttribute('leader');
  // A leader that was only silent would have been replaced after a lease of 5 s.
  expect(Date.now() - frozenAt).toBeLessThan(4_000);
  await follower!.getByLabel('What to do').fill('Written while it was frozen');
  await follower!.getByRole('button', { name: 'Add' }).click();
  await expect(follower!.getByText('Written while it was frozen')).toBeVisible();

  await setState(leader!, 'active');
  await expect(leader!.getByText('Written while it was frozen')).toBeVisible();
  await expect(leader!.locator('sqlite-db')).not.toHaveAttribute('leader');
  await follower!.close();
  await expect(leader!.locator('sqlite-db')).toHaveAttribute('leader');
});
