// What the examples of docs/elements/sqlite-status.md show, by their headings. Called by documents.spec.ts.
import { expect } from '../support/test.ts';
import { leaderFirst } from '../support/database.ts';
import { type Table, press } from './show.ts';

export const status: Table = {
  '`<sqlite-status>`': async ({ page, another }) => {
    const [leader, follower] = await leaderFirst([page, await another()]);
    await expect(leader!.getByRole('status')).toHaveText('leader');
    await expect(follower!.getByRole('status')).toHaveText('follower');
    for (const tab of [leader!, follower!])
      await expect(tab.locator('[part=durability]')).toHaveText('survives crashes');
  },
  'What it says': async ({ page, another }) => {
    const [leader, follower] = await leaderFirst([page, await another()]);
    const latency = follower!.locator('[part=latency]');
    await press(leader!, 'Write');
    await expect(latency).toHaveText(/^\d+ ms$/);
    await expect(latency).toBeHidden();
    await expect(leader!.locator('[part=pending]')).toBeHidden();
  },
  'In other words': async ({ page, another }) => {
    const [leader, follower] = await leaderFirst([page, await another()]);
    await expect(leader!.getByText('Dieser Tab schreibt.')).toBeVisible();
    await expect(follower!.getByText('Ein anderer Tab schreibt.')).toBeVisible();
    await expect(follower!.getByText('Dieser Tab schreibt.')).toBeHidden();
  },
  'If there is no database': async ({ page }) => {
    await expect(page.getByRole('status')).toHaveText('no database');
  },
};
