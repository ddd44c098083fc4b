// What the examples of docs/recipes.md show, by their headings. Called by documents.spec.ts.
import { type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { expect } from '../support/test.ts';
import { type Table, items, press, settled } from './show.ts';

const fill = (page: Page, name: string, text: string) => page.getByRole('textbox', { name }).fill(text);
const add = async (page: Page, name: string, text: string) => {
  await fill(page, name, text);
  await press(page, 'Add');
};

/** A picture of one dot. */
const dot = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export const recipes: Table = {
  'How do I search as one types?': async ({ page }) => {
    await expect(items(page)).toHaveCount(3);
    await page.getByRole('searchbox').fill('tomato');
    await expect(items(page)).toHaveText(['Water the tomatoes', 'Tomato soup: onions, basil']);
    await add(page, 'Note', 'Buy tomatoes');
    await expect(items(page)).toHaveCount(3);
    await page.getByRole('searchbox').fill('"* OR -');
    await expect(page.getByText('Nothing found')).toBeVisible();
    await page.getByRole('searchbox').fill('');
    await expect(items(page)).toHaveCount(4);
  },
  'How do I show pages of a long list?': async ({ page }) => {
    await expect(items(page)).toHaveCount(10);
    await page.getByLabel('Page').fill('5');
    await expect(items(page)).toHaveText(['Item 41', 'Item 42', 'Item 43', 'Item 44', 'Item 45']);
    await page.getByLabel('Page').fill('6');
    await expect(page.getByText('No more')).toBeVisible();
  },
  'How do I load more rows?': async ({ page }) => {
    await expect(items(page)).toHaveCount(20);
    const first = await items(page).first().elementHandle();
    await press(page, 'More');
    await expect(items(page)).toHaveCount(40);
    await press(page, 'More');
    await expect(items(page)).toHaveCount(45);
    await expect(page.getByRole('button', { name: 'More' })).toBeHidden();
    expect(await first!.evaluate((item) => item === document.querySelector('li'))).toBe(true);
  },
  'How do I sort by what the user chooses?': async ({ page }) => {
    await expect(items(page)).toHaveText(['Candide, 1759', 'Emma, 1815', 'Ulysses, 1922']);
    await page.getByLabel('Sort by').selectOption('newest');
    await expect(items(page)).toHaveText(['Ulysses, 1922', 'Emma, 1815', 'Candide, 1759']);
  },
  'How do I show the details of a chosen row?': async ({ page }) => {
    await expect(page.getByText('Choose somebody.')).toBeVisible();
    await page.getByLabel('Can').check();
    await expect(items(page)).toHaveText(['Tago Mago', 'Ege Bamyasi']);
    await page.getByLabel('Nina Simone').check();
    await expect(items(page)).toHaveText(['Pastel Blues']);
  },
  'How do I show the details of a chosen row?, 2': async ({ page }) => {
    await page.getByRole('link', { name: 'Tom Waits' }).click();
    await expect(page.locator('#details p')).toHaveText('Tom Waits, born 1949');
    await page.goBack();
    await expect(page.locator('#details p')).toHaveCount(0);
  },
  'How do I show lists in a list?': async ({ page }) => {
    const work = page.locator('section', { has: page.getByRole('heading', { name: 'Work' }) });
    await expect(work.getByText('Nothing to do')).toBeVisible();
    await work.getByRole('textbox').fill('Write it down');
    await work.getByRole('button').click();
    await expect(work.getByRole('listitem')).toHaveText(['Write it down']);
    await expect(items(page)).toHaveText(['Paint the door', 'Write it down']);
  },
  'How do I give a row several tags?': async ({ page }) => {
    await page.getByLabel('Tags').selectOption(['kitchen', 'soon']);
    await add(page, 'Note', 'Bake bread');
    await expect(items(page)).toHaveText(['Bake bread kitchen, soon']);
    await add(page, 'Note', 'Rest');
    await expect(items(page)).toHaveText(['Bake bread kitchen, soon', 'Rest ']);
  },
  'How do I keep pictures?': async ({ page, another }) => {
    const other = await another();
    await fill(page, 'Name', 'A dot');
    await page.getByLabel('Picture').setInputFiles({ name: 'dot.gif', mimeType: 'image/gif', buffer: dot });
    await press(page, 'Add');
    for (const tab of [page, other]) {
      const image = tab.getByRole('img', { name: 'A dot' });
      await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
    }
  },
  'How does a page seem quicker than storage is?': {
    complains: /Letters are kept/,
    shows: async ({ page }) => {
      await page.getByLabel('Fetch the parcel').first().check();
      await expect(page.getByText('Fetch the parcel')).toHaveCSS('text-decoration-line', 'line-through');
      await press(page, 'Delete Post the letter');
      await expect(page.getByRole('alert')).toHaveText('Letters are kept.');
      await press(page, 'Delete Fetch the parcel');
      await expect(items(page)).toHaveText([/Post the letter/]);
      await expect(items(page)).toBeVisible();
    },
  },
  'How do I count and add up?': async ({ page }) => {
    await expect(page.getByRole('status')).toHaveText('2 expenses, €11.10');
    await page.getByLabel('Amount').fill('0.9');
    await add(page, 'What', 'Stamp');
    await expect(page.getByRole('status')).toHaveText('3 expenses, €12.00');
  },
  'How do I undo a deletion?': async ({ page }) => {
    await press(page, 'Delete one');
    await press(page, 'Delete three');
    await expect(items(page)).toHaveText([/two/]);
    await press(page, 'Bring back “three”');
    await expect(items(page)).toHaveText([/two/, /three/]);
    await press(page, 'Bring back “one”');
    await expect(items(page)).toHaveText([/one/, /two/, /three/]);
    await expect(page.getByRole('button', { name: 'Bring back' })).toHaveCount(0);
  },
  'How do I edit in place?': async ({ page, another }) => {
    const other = await another();
    await fill(page, 'Note 1', 'First');
    await page.getByRole('textbox', { name: 'Note 1' }).press('Enter');
    await expect(other.getByRole('textbox', { name: 'Note 1' })).toHaveValue('First');
  },
  'How do I edit the cells of a table?': async ({ page, another }) => {
    const other = await another();
    await fill(page, 'Name 1', 'Quinces');
    await page.getByRole('spinbutton', { name: 'Count 1' }).fill('4');
    await press(page, 'Save 1');
    await expect(other.getByRole('textbox', { name: 'Name 1' })).toHaveValue('Quinces');
    await expect(other.getByRole('spinbutton', { name: 'Count 1' })).toHaveValue('4');
  },
  'How do I ask before deleting?': async ({ page }) => {
    const questions: string[] = [];
    for (const answer of ['dismiss', 'accept'] as const) {
      page.once('dialog', (dialog) => {
        questions.push(dialog.message());
        void dialog[answer]();
      });
      await expect(items(page)).toHaveCount(1);
      await press(page, 'Delete');
    }
    await expect(items(page)).toHaveCount(0);
    expect(questions).toEqual(Array(2).fill('Delete “Keep me”?'));
  },
  'How do I offer a backup?': async ({ page }) => {
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Export')]);
    expect(download.suggestedFilename()).toBe('notes.sqlite');
    const buffer = await readFile(await download.path());
    await press(page, 'Delete all');
    await expect(items(page)).toHaveCount(0);
    const input = page.getByLabel('Import');
    await input.setInputFiles({ name: 'notes.txt', mimeType: '', buffer: Buffer.from('no database') });
    await expect(page.getByRole('status')).toHaveText(/SQLite/);
    await input.setInputFiles({ name: 'notes.sqlite', mimeType: '', buffer });
    await expect(page.getByRole('status')).toHaveText('Imported');
    await expect(items(page)).toHaveText(['In the file']);
  },
  'How do I give each user a database?': async ({ page }) => {
    await add(page, 'Note', 'Of Ada');
    await expect(items(page)).toHaveText(['Of Ada']);
    await page.getByLabel('User').selectOption('grace');
    await expect(page.getByText('No notes')).toBeVisible();
    await page.getByLabel('User').selectOption('ada');
    await expect(items(page)).toHaveText(['Of Ada']);
  },
  'How does a database begin with a file?': {
    // The library made the file, from another database.
    prepare: async ({ page, chromium }) => {
      const maker = await chromium.openTab('todo.html');
      const bytes = await maker.locator('sqlite-db').evaluate(async (element) => {
        const { Database } = (await import(new URL('/dist/sqlite-elements.js', location.href).href)) as {
          Database: typeof import('../../../elements/sqlite-elements.d.ts').Database;
        };
        const db = await Database.newDatabase('seed.db');
        await db.queueWrite(
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text); INSERT INTO note VALUES (1, 'Of the file')",
        );
        element.remove();
        return [...(await db.export())];
      });
      await page.context().route('**/seed.sqlite', (route) => route.fulfill({ body: Buffer.from(bytes) }));
    },
    shows: async ({ page }) => {
      await expect(items(page)).toHaveText(['Of the file', 'Of a script behind it']);
    },
  },
  'How do I react to a change by script?': async ({ page, another }) => {
    const other = await another();
    await press(other, 'Say hello');
    await expect(page).toHaveTitle('(1) Messages');
    await expect(other).toHaveTitle('An example');
  },
  'How do I use the database from a module?': async ({ page }) => {
    await expect(items(page)).toHaveText(['By the element', 'By the module,', 'in one transaction']);
  },
  'How does a page work offline?': {
    withoutTrustedTypes: true,
    shows: async ({ page, chromium }) => {
      // The icon that the browser requests by itself.
      chromium.expectComplaint(/favicon\.ico|Failed to load resource/);
      await add(page, 'Note', 'Before');
      await expect(items(page)).toHaveText(['Before']);
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.context().setOffline(true);
      await page.reload();
      await settled(page);
      await add(page, 'Note', 'Without a network');
      await expect(items(page)).toHaveText(['Before', 'Without a network']);
    },
  },
};
