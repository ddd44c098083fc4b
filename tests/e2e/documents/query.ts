// What the examples of docs/elements/sqlite-query.md show, by their headings. Called by documents.spec.ts.
import { type Page } from '@playwright/test';
import { expect } from '../support/test.ts';
import { type Table, items, opens, press } from './show.ts';

const cells = (page: Page, column: number) => page.locator(`td:nth-child(${column})`);
const left = (page: Page, text: string) =>
  page.getByRole('columnheader', { name: text }).evaluate((cell) => cell.getBoundingClientRect().left);

export const query: Table = {
  '`<sqlite-query>`': async ({ page }) => {
    await expect(items(page)).toHaveText(['The Lathe of Heaven', 'Invisible Cities', 'The Dispossessed']);
  },
  '`<sqlite-query>`, 2': opens,
  Templates: async ({ page }) => {
    await expect(page.getByRole('option')).toHaveText(['Italo Calvino', 'Ursula K. Le Guin']);
    await expect(page.getByRole('term')).toHaveText(['The Lathe of Heaven', 'Invisible Cities', 'The Dispossessed']);
    await expect(page.getByRole('definition')).toHaveText(['1971', '1972', '1974']);
  },
  'Templates, 2': async ({ page }) => {
    await expect(page.getByText('0 expensive books')).toBeVisible();
    await expect(page.getByText('None is expensive.')).toBeVisible();
    await expect(items(page)).toHaveCount(0);
  },
  'Templates, 3': async ({ page }) => {
    await expect(page.getByRole('heading')).toHaveText(['2 old books']);
    await press(page, 'Older');
    await expect(page.getByRole('heading')).toHaveCount(0);
    await expect(items(page)).toHaveCount(0);
  },
  'Templates, 4': async ({ page }) => {
    await expect(page.locator('sqlite-query > p')).toHaveCount(3);
    await expect(page.locator('sqlite-query > p').first()).toHaveText('Book: The Dispossessed');
    await expect(page.getByRole('table')).toHaveCount(0);
  },
  Marks: async ({ page }) => {
    const buttons = page.getByRole('button', { name: 'Buy' });
    await expect(buttons).toHaveCount(3);
    await expect(buttons.nth(0)).toBeEnabled();
    await expect(buttons.nth(2)).toBeDisabled();
    await expect(page.getByRole('link').first()).toHaveAttribute('href', 'books/1');
    await expect(page.locator('p').first()).toHaveAttribute('data-year', '1974');
    expect(
      await page
        .locator('meter')
        .first()
        .evaluate((meter) => (meter as HTMLMeterElement).value),
    ).toBe(1974);
  },
  'Marks, 2': async ({ page }) => {
    const boxes = page.getByRole('checkbox');
    await expect(boxes).toHaveCount(3);
    for (const at of [0, 1]) await expect(boxes.nth(at)).not.toBeChecked();
    await expect(boxes.nth(2)).toBeChecked();
    await expect(page.getByRole('textbox', { name: 'Title' }).first()).toHaveValue('The Dispossessed');
    for (const name of ['checked', 'value']) await expect(page.locator(`[data-sqlite-${name}]`)).toHaveCount(0);
  },
  Formats: async ({ page }) => {
    await expect(page.locator('p')).toHaveText('The Dispossessed: 9,50 €, 31. Januar 2026');
  },
  Times: async ({ page }) => {
    await expect(page.getByLabel('Beginning')).toHaveValue('2026-03-01T18:30');
    await expect(page.locator('p')).toHaveText(/^\s*Mar 1, 2026, 6:30\sPM,\s+Mar .*M, 6:30\sPM\s*$/);
  },
  Parameters: async ({ page }) => {
    await expect(items(page)).toHaveText(['Invisible Cities', 'The Dispossessed']);
    await press(page, 'All');
    await expect(items(page)).toHaveCount(3);
  },
  'Parameters, 2': async ({ page }) => {
    await expect(items(page)).toHaveCount(3);
    await page.getByRole('searchbox').fill('the');
    await expect(items(page)).toHaveText(['The Dispossessed', 'The Lathe of Heaven']);
    const address = page.url();
    await page.getByRole('searchbox').press('Enter');
    await page.getByLabel('Under 9').check();
    await expect(page.getByText('No book is called that.')).toBeVisible();
    expect(page.url()).toBe(address);
  },
  Keys: async ({ page }) => {
    const fields = page.getByRole('textbox');
    await expect(fields.last()).toHaveAccessibleName('The Dispossessed');
    const field = await fields.last().elementHandle();
    await press(page, 'Oldest');
    await expect(fields.first()).toHaveValue('1900');
    expect(await fields.first().evaluate((first, field) => first === field, field)).toBe(true);
  },
  'Keys, 2': async ({ page }) => {
    await expect(items(page)).toHaveText(['Invisible Cities', 'The Dispossessed', 'The Lathe of Heaven']);
  },
  'Without a template': async ({ page }) => {
    await expect(page.getByRole('table', { name: 'Books' })).toBeVisible();
    await press(page, 'Year');
    await expect(cells(page, 2)).toHaveText(['1971', '1972', '1974']);
    await expect(page.getByRole('columnheader', { name: 'Year' })).toHaveAttribute('aria-sort', 'ascending');
    await expect(cells(page, 2).first()).toHaveCSS('text-align', 'end');
  },
  'Without a template, 2': async ({ page }) => {
    const content = cells(page, 2)
      .nth(2)
      .evaluate((cell) => getComputedStyle(cell, '::after').content);
    expect(await content).toBe('"—"');
  },
  'Parts and look': async ({ page }) => {
    const wide = (selector: string) => page.locator(selector).evaluate((node) => node.getBoundingClientRect().width);
    expect(await wide('table')).toBe(await wide('body'));
  },
  'Parts and look, 2': async ({ page }) => {
    await expect(page.locator('td').first()).toHaveCSS('padding', '16px');
  },
  'A query in a row': async ({ page }) => {
    await expect(page.getByRole('heading')).toHaveText(['Italo Calvino', 'Ursula K. Le Guin']);
    await expect(items(page)).toHaveText(['Invisible Cities', 'The Dispossessed', 'The Lathe of Heaven']);
  },
  'Rows that a server has rendered': {
    // Marks the first row when it is parsed, before the library has loaded.
    prepare: async ({ page }) => {
      await page.addInitScript(() => {
        document.addEventListener('readystatechange', () => {
          if (document.readyState === 'interactive') document.querySelector('li')!.dataset.parsed = '';
        });
      });
    },
    shows: async ({ page }) => {
      await expect(items(page)).toHaveText(['The Dispossessed', 'Invisible Cities', 'The Lathe of Heaven']);
      await expect(items(page).first()).toHaveAttribute('data-parsed');
      await expect(page.locator('[data-parsed]')).toHaveCount(1);
    },
  },
  'Ten thousand rows': async ({ page }) => {
    await expect(page.locator('li')).toHaveCount(10_000);
    await expect(page.locator('li').last()).toHaveText('Row 10000');
    await expect(page.locator('li').last()).toHaveCSS('content-visibility', 'auto');
  },
  Transitions: {
    prepare: async ({ page }) => {
      await page.addInitScript(() => {
        const start = document.startViewTransition.bind(document);
        document.startViewTransition = (update) => {
          document.documentElement.dataset.transitions = '1';
          return start(update);
        };
      });
    },
    shows: async ({ page }) => {
      await expect(items(page)).toHaveCount(3);
      await press(page, 'Oldest');
      await expect(items(page)).toHaveText(['The Dispossessed', 'The Lathe of Heaven', 'Invisible Cities']);
      await expect(page.locator('html')).toHaveAttribute('data-transitions');
    },
  },
  Errors: {
    complains: /no such column: titel/,
    shows: async ({ page }) => {
      await expect(page.getByRole('alert')).toHaveText(['The books cannot be shown (SQLITE_ERROR).']);
    },
  },
  Accessibility: async ({ page }) => {
    await expect(page.getByRole('list', { name: 'Books' }).getByRole('listitem')).toHaveCount(3);
    await expect(page.getByRole('status')).toHaveText('3 books');
  },
  'From right to left': async ({ page }) => {
    await expect(items(page)).toHaveText([/The Dispossessed: .*٩/, /Invisible Cities: .*٨/]);
    expect(await left(page, 'عنوان')).toBeGreaterThan(await left(page, 'سنة'));
    await expect(page.locator('td').first()).toHaveCSS('text-align', 'start');
  },
};
