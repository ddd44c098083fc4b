// Tabs that are told that they will be frozen: they keep nobody waiting, and come back to what is.
// The events are the test's: Chromium fires them at hidden tabs only, and a driven one is never hidden.
import { type Page } from '@playwright/test';
import { leaderFirst } from './support/database.ts';
import { expect, test } from './support/test.ts';

/** What the browser tells a page before it stops it, and after. */
async function tell(page: Page, event: 'freeze' | 'resume'): Promise<void> {
  await page.evaluate((event) => document.dispatchEvent(new Event(event)), event);
}

test('a leader that will be frozen gives the lead away, and queues for it when it goes on', async ({ chromium }) => {
  const pages = [await chromium.openTab('todo.html'), await chromium.openTab('todo.html')];
  const [leader, follower] = await leaderFirst(pages);
  const frozenAt = Date.now();
  await tell(leader!, 'freeze');
  await expect(follower!.locator('sqlite-db')).toHaveAttribute('leader');
  // A leader that was only silent would have been replaced after a lease of 5 s.
  expect(Date.now() - frozenAt).toBeLessThan(4_000);
  await follower!.getByLabel('What to do').fill('Written while it was frozen');
  await follower!.getByRole('button', { name: 'Add' }).click();
  await expect(follower!.getByText('Written while it was frozen')).toBeVisible();

  await tell(leader!, 'resume');
  await expect(leader!.getByText('Written while it was frozen')).toBeVisible();
  await expect(leader!.locator('sqlite-db')).not.toHaveAttribute('leader');
  await follower!.close();
  await expect(leader!.locator('sqlite-db')).toHaveAttribute('leader');
});
