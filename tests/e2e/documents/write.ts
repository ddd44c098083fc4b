// What the examples of docs/elements/sqlite-write.md show, by their headings. Called by documents.spec.ts.
import { type Page } from '@playwright/test';
import { expect } from '../support/test.ts';
import { type Table, items, opens, press } from './show.ts';

const errand = (page: Page) => page.getByRole('textbox', { name: 'Errand' });

export const write: Table = {
  '`<sqlite-write>`': async ({ page, another }) => {
    const other = await another();
    await errand(page).fill('Buy stamps');
    await press(page, 'Add');
    await expect(items(page)).toHaveText(['Buy stamps']);
    await expect(items(other)).toHaveText(['Buy stamps']);
    await expect(errand(page)).toHaveValue('');
  },
  '`<sqlite-write>`, 2': opens,
  'What sets it off': async ({ page }) => {
    await expect(items(page)).toHaveCount(2);
    await page.getByLabel('Water the plants').first().check();
    await expect(page.getByText('1 done')).toBeVisible();
    await press(page, 'Delete Water the plants');
    await expect(page.getByText('0 done')).toBeVisible();
    await expect(items(page)).toHaveCount(1);
  },
  'What sets it off, 2': async ({ page }) => {
    await press(page, 'All done');
    await expect(page.locator('p')).toHaveText('2 done');
    await press(page, 'None done');
    await expect(page.locator('p')).toHaveText('0 done');
  },
  'What sets it off, 3': async ({ page }) => {
    await errand(page).fill('A thing that takes more words');
    await press(page, 'Add');
    await expect(page.getByRole('status')).toHaveText('Say it in 20 letters.');
    await expect(errand(page)).toHaveValue('A thing that takes more words');
    await errand(page).fill('Short');
    await press(page, 'Add');
    await expect(errand(page)).toHaveValue('');
  },
  'What sets it off, 4': async ({ page }) => {
    await press(page, 'New');
    await errand(page).fill('Ask');
    await page.getByRole('dialog').getByRole('button').click();
    await expect(page.locator('dialog')).toBeHidden();
    await expect(page.locator('input')).toHaveValue('');
  },
  Fields: async ({ page }) => {
    await press(page, 'Keep');
    const cells = page.locator('td');
    await expect(cells).toHaveText(['007', '7.5', '', '1', '["a","b"]', '1', '[1,2]', '', 'yes']);
    const types = await cells.evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-type')));
    expect(types).toEqual(['text', 'real', 'null', 'integer', 'text', 'integer', 'text', 'null', 'text']);
  },
  'Texts that are edited in their place': async ({ page, another }) => {
    const other = await another();
    const [text, elsewhere] = [page, other].map((tab) => tab.getByRole('textbox', { name: 'Errand 1' }));
    await text!.fill('Water the trees');
    await text!.press('Enter');
    await expect(elsewhere!).toHaveText('Water the trees');
    await text!.fill('Something else');
    await text!.press('Escape');
    await expect(text!).toHaveText('Water the trees');
  },
  'Several statements': async ({ page }) => {
    await press(page, 'Start over');
    await expect(items(page)).toHaveText(['Make a list']);
  },
  'Several statements, 2': {
    complains: /CHECK constraint failed: cents >= 0/,
    shows: async ({ page }) => {
      const accounts = page.locator('sqlite-query p');
      for (const sums of [
        ['jar: 300', 'purse: 700'],
        ['jar: 600', 'purse: 400'],
        ['jar: 900', 'purse: 100'],
      ]) {
        await press(page, 'Save up');
        await expect(accounts).toHaveText(sums);
      }
      await press(page, 'Save up');
      await expect(page.getByRole('alert')).toContainText('CHECK constraint failed: cents >= 0');
      await expect(accounts).toHaveText(['jar: 900', 'purse: 100']);
    },
  },
  'While it is under way, and after': {
    complains: /CHECK constraint failed/,
    shows: async ({ page }) => {
      const said = page.getByRole('status');
      await errand(page).fill('Third');
      await press(page, 'Add');
      await expect(said).toHaveText('Errand 3 is stored.');
      await press(page, 'Add');
      await expect(said).toHaveText('SQLITE_CONSTRAINT_CHECK');
      await expect(page.getByRole('alert')).toContainText('CHECK constraint failed');
    },
  },
  'By script': async ({ page }) => {
    await expect(page.getByRole('status')).toHaveText('1 row changed');
  },
};
