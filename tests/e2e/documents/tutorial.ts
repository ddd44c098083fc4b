// The steps of docs/tutorial.md, one after another in one browser. Each page is the page before it with the document's
// changes, and finds the data of that page. Called by documents.spec.ts.
import { type Page } from '@playwright/test';
import { type Browser } from '../support/browser.ts';
import { leaderFirst } from '../support/database.ts';
import { expect } from '../support/test.ts';
import { examplesOf, hunksOf } from './examples.ts';
import { items, listenForErrors, press, settled } from './show.ts';

const document = 'tutorial.md';

interface Course {
  chromium: Browser;
  /** Serves a page in place of the one before. Returns its address. */
  put: (html: string) => string;
}

interface Tabs {
  page: Page;
  another: () => Promise<Page>;
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByRole('textbox', { name: 'What to buy' }).fill(title);
  await press(page, 'Add');
  await expect(page.getByRole('textbox', { name: 'What to buy' })).toHaveValue('');
}

/** What a person sees after each step, by its heading. */
const steps: Record<string, (tabs: Tabs) => Promise<void>> = {
  'An empty file': async ({ page }) => {
    await expect(page.getByText('Nothing to buy.')).toBeVisible();
  },
  'A form': async ({ page }) => {
    for (const title of ['bread', 'milk', '<b>cheese</b>']) await add(page, title);
    await expect(items(page)).toHaveText(['bread', 'milk', '<b>cheese</b>']);
    await page.reload();
    await expect(items(page)).toHaveText(['bread', 'milk', '<b>cheese</b>']);
  },
  'Another column': async ({ page }) => {
    await expect(items(page)).toHaveText(['bread', 'milk', '<b>cheese</b>']);
  },
  'Ticking off': async ({ page }) => {
    await page.getByLabel('bread').check();
    await expect(items(page)).toHaveText(['milk', '<b>cheese</b>', 'bread']);
    await expect(page.getByLabel('bread')).toBeFocused();
    await expect(page.getByText('1 bought')).toBeVisible();
    await press(page, 'Clear');
    await expect(page.getByText('0 bought')).toBeVisible();
  },
  'Search as you type': async ({ page, another }) => {
    await page.getByRole('searchbox').fill('mi');
    await expect(items(page)).toHaveText(['milk']);
    await page.getByRole('searchbox').fill('');
    // The next section is about a second tab, and changes nothing in the page.
    const other = await another();
    await add(page, 'eggs');
    await other.getByLabel('eggs').check();
    await expect(page.getByLabel('eggs')).toBeChecked();
    await other.close();
  },
  'Who leads': async ({ page, another }) => {
    const [leader, follower] = await leaderFirst([page, await another()]);
    const role = (tab: Page) => tab.locator('sqlite-status [part=role]');
    await expect(role(leader!)).toHaveText('leader');
    await expect(role(follower!)).toHaveText('follower');
  },
  'A look inside': async ({ page }) => {
    await page.getByRole('tab', { name: 'Console' }).click();
    await page.getByRole('textbox', { name: 'SQL' }).fill('UPDATE item SET bought = 1');
    await page.getByRole('textbox', { name: 'SQL' }).press('Control+Enter');
    await expect(page.getByText('3 bought')).toBeVisible();
    for (const box of await page.locator('li').getByRole('checkbox').all()) await expect(box).toBeChecked();
  },
};

export async function tutorial({ chromium, put }: Course): Promise<void> {
  const [first, last, ...more] = examplesOf(document);
  const hunks = hunksOf(document);
  expect(more).toEqual([]);
  expect(Object.keys(steps)).toEqual([first!.at, ...new Set(hunks.map(({ at }) => at))]);
  const tab = async () => {
    const page = await chromium.newTab();
    await listenForErrors(page);
    return page;
  };
  const page = await tab();
  let html = first!.html;
  for (const [at, sees] of Object.entries(steps)) {
    for (const { before, after } of hunks.filter((hunk) => hunk.at === at)) {
      expect(html.split(before), `${at}: the page has this once`).toHaveLength(2);
      html = html.replace(before, () => after);
    }
    const address = put(html);
    const open = async (page: Page) => {
      await page.goto(address);
      await settled(page);
      return page;
    };
    await open(page);
    await sees({ page, another: async () => open(await tab()) });
    await expect(page.locator('[part=error]:visible')).toHaveCount(0);
  }
  expect(html).toBe(last!.html);
}
