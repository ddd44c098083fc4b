// The schema inside `<sqlite-db>` is brought about once for the database, however many tabs ask for it at once.
import { type Page } from '@playwright/test';
import { type Browser } from './support/browser.ts';
import { ready, rowsOf } from './support/database.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

for (const count of [2, 5]) {
  test(`${count} tabs opened at the same instant on an empty database run the migrations once`, async ({
    chromium,
    fixtures,
  }) => {
    const pages = await Promise.all(Array.from({ length: count }, () => chromium.newTab()));
    await Promise.all(pages.map((page) => page.goto(fixtures.at('migrations.html'))));
    for (const page of pages) {
      await ready(page);
      await expect(page.getByRole('listitem')).toHaveText(['opening balance: 100']);
      expect(await rowsOf(page, 'SELECT count(*) AS n FROM _elements_migrations')).toEqual([{ n: 3 }]);
      expect(await rowsOf(page, 'SELECT entry, amount FROM ledger')).toEqual([
        { entry: 'opening balance', amount: 100 },
      ]);
    }
  });
}

test('a second visit runs no migration again', async ({ installed, fixtures }) => {
  const first = await installed.openTab(fixtures.at('migrations.html'));
  await expect(first.getByRole('listitem')).toHaveText(['opening balance: 100']);
  await installed.restart();
  const second = await installed.openTab(fixtures.at('migrations.html'));
  await ready(second);
  await expect(second.getByRole('listitem')).toHaveText(['opening balance: 100']);
});

test.describe('a migration in a file', () => {
  /** A page with two migrations, of which the second stands in a file; what the file says, or how the server fails. */
  async function visit(
    chromium: Browser,
    fixtures: Origin,
    name: string,
    file: { body?: string; status?: number },
  ): Promise<Page> {
    const page = await chromium.newTab();
    await page.goto(fixtures.at('elements.html'));
    await page.route('**/shelf.sql', (route) => route.fulfill({ contentType: 'text/plain', ...file }));
    await page.evaluate((name) => {
      const db = document.createElement('sqlite-db');
      Object.assign(db, { id: 'shelf', name });
      for (const from of ['text', 'src'] as const) {
        const script = document.createElement('script');
        script.type = 'application/sql';
        if (from === 'text') script.textContent = 'CREATE TABLE book (title)';
        else script.setAttribute('src', 'shelf.sql');
        db.append(script);
      }
      document.body.append(db);
    }, name);
    return page;
  }

  const shelf = (page: Page) => page.locator('#shelf');
  const titles = (page: Page) =>
    shelf(page).evaluate(async (db: HTMLElementTagNameMap['sqlite-db']) => {
      const { rows } = await db.database!.query('SELECT title FROM book');
      return rows.map(({ title }) => title);
    });

  test('runs once, after those before it', async ({ chromium, fixtures }) => {
    const file = { body: "INSERT INTO book VALUES ('Emma')" };
    for (let visits = 0; visits < 2; visits += 1) {
      const page = await visit(chromium, fixtures, 'shelf.db', file);
      await expect(shelf(page)).toHaveAttribute('state', 'ready');
      expect(await titles(page)).toEqual(['Emma']);
    }
  });

  test('that is wrong says which and where, leaves the data as it was, and runs when it is right', async ({
    chromium,
    fixtures,
  }) => {
    const wrong = await visit(chromium, fixtures, 'shelf.db', {
      body: "INSERT INTO book VALUES ('Emma');\nINSERT INTO shelf VALUES (1)",
    });
    await expect(shelf(wrong).getByRole('alert')).toContainText(/migration 2.*no such table: shelf.*line 2/s);
    await expect(shelf(wrong)).toHaveAttribute('state', 'error');
    const right = await visit(chromium, fixtures, 'shelf.db', { body: "INSERT INTO book VALUES ('Emma')" });
    await expect(shelf(right)).toHaveAttribute('state', 'ready');
    expect(await titles(right)).toEqual(['Emma']);
  });

  test('that is not there says so, with its address', async ({ chromium, fixtures }) => {
    chromium.expectComplaint(/404/);
    const page = await visit(chromium, fixtures, 'shelf.db', { status: 404, body: 'nothing here' });
    await expect(shelf(page).getByRole('alert')).toContainText('shelf.sql cannot be loaded: the server answered 404');
  });
});
