// The demo pages, each with some content, and after one more change. Called by look.spec.ts, access.spec.ts and
// origins.spec.ts, which ask the same of all pages.
import { type Page } from '@playwright/test';
import { type Browser } from './browser.ts';
import { ready } from './database.ts';
import { expect } from './test.ts';

export const names = ['index', 'todo', 'chat', 'kanban', 'explorer', 'tabs', 'inspector'] as const;
export type Name = (typeof names)[number];

const long = 'with a text that is long enough to need a second line on a telephone';
/** What is entered, and in which field. */
const entered: Partial<Record<Name, { field: string; text: string }>> = {
  index: { field: 'Title', text: `Something ${long}` },
  todo: { field: 'What to do', text: `Something ${long}` },
  chat: { field: 'Message', text: `Said by me, ${long}` },
  kanban: { field: 'New card', text: `A card ${long}` },
  inspector: { field: 'Bird', text: `A bird ${long}` },
};

/** A tab with this page, loaded and with data in it. */
export async function opened(chromium: Browser, name: Name, search = ''): Promise<Page> {
  const page = await chromium.openTab(`${name}.html${search}`);
  await ready(page);
  const first = entered[name];
  if (first) await enter(page, first.field, first.text);
  if (name === 'explorer') await expect(page.locator('#found')).toContainText('3,201', { timeout: 30_000 });
  if (name === 'chat') {
    const other = await chromium.openTab('chat.html');
    await other.getByLabel('You are').fill('Somebody else');
    await enter(other, 'Message', 'Said in the other tab');
    await expect(page.getByText('Said in the other tab')).toBeVisible();
  }
  if (name === 'kanban') {
    await page.getByRole('button', { name: 'Move Drag a card, or press its arrows to Done' }).click();
    await expect(page.getByRole('region', { name: 'Done 1' }).getByRole('listitem')).toBeVisible();
  }
  if (name === 'tabs') {
    const other = await chromium.openTab('tabs.html');
    for (const fruit of ['apples', 'pears', 'plums']) await add(page, other, fruit, '1');
    await expect(page.getByRole('log').getByRole('listitem')).toHaveCount(3);
  }
  if (name === 'inspector') await expect(page.getByText('this tab', { exact: true })).toBeVisible();
  return page;
}

/** Uses the page once for its purpose, and waits until it shows the result. */
export async function use(page: Page, name: Name): Promise<void> {
  const first = entered[name];
  if (first) await enter(page, first.field, 'One more');
  if (name === 'tabs') await add(page, page, 'plums', '2');
  if (name === 'explorer') {
    await page.getByLabel('Title or director').fill('spielberg');
    await expect(page.locator('#found')).toHaveText('Movies found: 23');
  }
}

async function enter(page: Page, field: string, text: string): Promise<void> {
  await page.getByLabel(field, { exact: true }).fill(text);
  await page.getByLabel(field, { exact: true }).press('Enter');
  await expect(page.locator('sqlite-query').getByText(text).first()).toBeVisible();
}

async function add(shown: Page, pressed: Page, fruit: string, value: string): Promise<void> {
  await pressed.getByRole('button', { name: `+1 ${fruit}` }).click();
  const row = shown.getByRole('listitem').filter({ hasText: fruit });
  await expect(row.getByRole('status')).toHaveText(value);
}
