// What the examples of docs/elements/sqlite-db.md show, by their headings. Called by documents.spec.ts.
import type { SqliteDbElement } from '../../../elements/sqlite-elements.d.ts';
import { expect } from '../support/test.ts';
import { leaderFirst } from '../support/database.ts';
import { type Table, items, press } from './show.ts';

export const db: Table = {
  '`<sqlite-db>`': async ({ page, another }) => {
    await expect(items(page)).toHaveText(['Written when the database was new']);
    await page.reload();
    await expect(items(page)).toHaveText(['Written when the database was new']);
    await expect(items(await another())).toHaveCount(1);
  },
  Events: async ({ page, another }) => {
    await expect(page.locator('p')).toHaveText('Nothing written yet');
    const other = await another();
    await press(page, 'Write');
    await expect(page.locator('p')).toHaveText('here: note');
    await expect(other.locator('p')).toHaveText('elsewhere: note');
  },
  Migrations: async ({ page }) => {
    await expect(page.locator('td')).toHaveText(['1', 'From the first version of the page', '0']);
  },
  'Migrations, 2': async ({ page }) => {
    await expect(page.locator('td')).toHaveText(['1', 'From a file']);
  },
  Errors: {
    complains: /needs a name/,
    shows: async ({ page }) => {
      await expect(page.getByRole('alert')).toHaveText(['<sqlite-db> needs a name, as in <sqlite-db name="app.db">']);
      await expect(page.locator('sqlite-query')).toHaveAttribute('state', 'error');
    },
  },
  'Several databases on one page': async ({ page }) => {
    await expect(page.getByText('Nothing yet')).toBeVisible();
    await press(page, 'Add Teapot');
    await expect(items(page)).toHaveText(['Teapot']);
  },
  'In shadow trees': async ({ page }) => {
    await expect(items(page)).toHaveText(['Seen from inside']);
  },
  'Made by script': async ({ page }) => {
    await expect(page.getByRole('table', { name: 'Notes' }).locator('td')).toHaveText(['1', 'Made']);
  },
  'Made by script, 2': async ({ page }) => {
    await expect(page.getByRole('status')).toHaveText('2 notes');
  },
  'Until the library is there': {
    // Holds the library back, to test what a visitor sees before it has loaded.
    prepare: async ({ page }) => {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.exposeFunction('release', () => release());
      await page.route('**/sqlite-elements.js', async (route) => {
        await held;
        await route.continue();
      });
      await page.addInitScript(() => {
        document.addEventListener('readystatechange', () => {
          if (document.readyState !== 'interactive') return;
          const [write, query] = ['sqlite-write', 'sqlite-query'].map((tag) => document.querySelector(tag)!);
          document.documentElement.dataset.before = [
            getComputedStyle(write!).visibility,
            query!.getBoundingClientRect().height >= 12 * 16,
          ].join();
          (globalThis as unknown as { release(): void }).release();
        });
      });
    },
    shows: async ({ page }) => {
      await expect(page.locator('html')).toHaveAttribute('data-before', 'hidden,true');
      await expect(page.getByText('No notes')).toBeVisible();
      await page.getByLabel('Note').fill('Now');
      await press(page, 'Add');
      await expect(items(page)).toHaveText(['Now']);
    },
  },
  'Who leads': async ({ page, another }) => {
    const [leader, follower] = await leaderFirst([page, await another()]);
    await expect(leader!.getByText('This tab writes.')).toBeVisible();
    await expect(leader!.getByText('Another tab writes.')).toBeHidden();
    await expect(follower!.getByText('Another tab writes.')).toBeVisible();
    await leader!.close();
    await expect(follower!.getByText('This tab writes.')).toBeVisible();
  },
  'States, and writes under way': async ({ page }) => {
    const saving = page.getByText('Saving …');
    await expect(saving).toBeHidden();
    // A transaction of the page keeps other writes waiting.
    const held = (sql: string) =>
      page
        .locator('sqlite-db')
        .evaluate(async (db, sql) => void (await (db as SqliteDbElement).database!.execute(sql)), sql);
    await held('BEGIN');
    await press(page, 'Write');
    await expect(saving).toBeVisible();
    await expect(page.getByRole('status')).toHaveText('1 under way');
    await held('COMMIT');
    await expect(saving).toBeHidden();
    await expect(page.getByRole('status')).toHaveText('All is stored');
  },
  'Without storage': async ({ page, chromium, another }) => {
    const text = 'Your browser keeps nothing of this page.';
    await expect(page.getByText(text)).toBeHidden();
    chromium.expectComplaint(/no storage.*gone with it/);
    // As if storage were switched off. Only the worker's view of it matters here.
    await page.context().route('**/sqlite-elements.js', async (route) => {
      const response = await route.fetch();
      const without = "if (!('document' in self)) Object.defineProperty(self, 'indexedDB', { value: undefined });";
      await route.fulfill({ response, body: `${without}\n${await response.text()}` });
    });
    await expect((await another()).getByText(text)).toBeVisible();
  },
};
