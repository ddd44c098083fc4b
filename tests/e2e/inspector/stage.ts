// Shared by the tests of `<sqlite-inspector>`: the demo's page with a connected inspector, and the inspector's parts.
// Called by the specs beside it.
import { type Locator, type Page } from '@playwright/test';
import { type Browser } from '../support/browser.ts';
import { leaderFirst, ready } from '../support/database.ts';
import { expect } from '../support/test.ts';

export const views = ['Overview', 'Commits', 'Schema', 'Console', 'File'] as const;

export const inspector = (page: Page) => page.locator('sqlite-inspector');
export const sql = (page: Page) => page.getByRole('textbox', { name: 'SQL' });
export const result = (page: Page) => inspector(page).locator('[part=result]');
export const alert = (page: Page) => inspector(page).getByRole('alert').filter({ hasText: /\S/ });
export const commits = (page: Page) => inspector(page).getByRole('region', { name: 'Commits' }).locator('tbody tr');

/** A fact in the overview. */
export const fact = (page: Page, name: string): Locator =>
  inspector(page)
    .locator('dl > div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('dd');

export async function choose(page: Page, view: (typeof views)[number]): Promise<void> {
  await inspector(page).getByRole('tab', { name: view }).click();
}

/** A tab on the demo's page, with its inspector connected. */
export async function opened(chromium: Browser, address = 'inspector.html'): Promise<Page> {
  const page = await chromium.openTab(address);
  await ready(page);
  await expect(fact(page, 'Tabs')).toHaveText(/\d tab/);
  return page;
}

export async function pair(chromium: Browser): Promise<[leader: Page, follower: Page]> {
  const [leader, follower] = await leaderFirst([await opened(chromium), await opened(chromium)]);
  return [leader!, follower!];
}

export async function run(page: Page, text: string): Promise<void> {
  await sql(page).fill(text);
  await sql(page).press('Control+Enter');
}

export async function give(page: Page, buffer: Buffer, name = 'given.sqlite'): Promise<void> {
  await inspector(page).locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer });
}
