// The schema inside `<sqlite-db>` is applied once to the database, however many tabs ask for it at once.
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
  /** A page with two migrations. The second is in a file. `file` is its content, or how the server fails. */
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

const task = 'CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL)';
const starred = 'ALTER TABLE task ADD COLUMN starred INTEGER NOT NULL DEFAULT 0';

/**
 * A tab with a `<sqlite-db>` that has these scripts and shows its tasks. A script that begins with `src=` is a file.
 */
async function open(chromium: Browser, fixtures: Origin, name: string, scripts: string[]): Promise<Page> {
  const page = await chromium.newTab();
  await page.goto(fixtures.at('script.html'));
  await put(page, name, scripts);
  return page;
}

async function put(page: Page, name: string, scripts: string[]): Promise<void> {
  await page.evaluate(
    async ([name, scripts]) => {
      const library: string = '/dist/sqlite-elements.js';
      await import(library);
      const db = document.createElement('sqlite-db');
      const query = document.createElement('sqlite-query');
      db.setAttribute('name', name);
      query.setAttribute('sql', 'SELECT title, starred FROM task ORDER BY id');
      for (const text of scripts) {
        const script = document.createElement('script');
        script.type = text.startsWith('src=') ? 'application/vnd.sqlite3' : 'application/sql';
        if (text.startsWith('src=')) script.setAttribute('src', text.slice(4));
        else script.textContent = text;
        db.append(script);
      }
      db.append(query);
      document.body.append(db);
    },
    [name, scripts] as const,
  );
}

/** A database that these statements make, as a file. */
async function fileOf(chromium: Browser, fixtures: Origin, ...statements: string[]): Promise<number[]> {
  const page = await chromium.newTab();
  await page.goto(fixtures.at('script.html'));
  const file = await page.evaluate(async (statements) => {
    const library: string = '/dist/sqlite-elements.js';
    const { Database } = await import(library);
    const db = await Database.newDatabase('source.db');
    for (const sql of statements) await db.queueWrite(sql);
    const file: number[] = [...(await db.export())];
    await db.close();
    await Database.delete('source.db');
    return file;
  }, statements);
  await page.close();
  return file;
}

/** Imports with the element's database, or with a `Database` of script. Returns the error's code, if it is refused. */
async function restore(page: Page, file: number[], own = ''): Promise<string | undefined> {
  return page.evaluate(
    async ([file, own]) => {
      const library: string = '/dist/sqlite-elements.js';
      const { Database } = await import(library);
      const db = own ? await Database.newDatabase(own) : document.querySelector('sqlite-db')!.database!;
      return db.import(new Uint8Array(file)).then(
        () => undefined,
        ({ code }: { code: string }) => code,
      );
    },
    [file, own] as const,
  );
}

const element = (page: Page) => page.locator('sqlite-db');
const cells = (page: Page) => page.locator('sqlite-query td');

test.describe('a backup', () => {
  for (const [what, makes] of Object.entries({
    'of an older version of the page': [
      task,
      "CREATE TABLE _elements_migrations(id INTEGER PRIMARY KEY, sql TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT '')",
      `INSERT INTO _elements_migrations (sql) VALUES ('${task}')`,
    ],
    'without a record of migrations': [task],
  })) {
    test(`${what} is brought up to date in all tabs, now and after a reload`, async ({ chromium, fixtures }) => {
      const file = await fileOf(chromium, fixtures, ...makes, "INSERT INTO task (title) VALUES ('kept')");
      const pages = [
        await open(chromium, fixtures, 'tasks.db', [task, starred]),
        await open(chromium, fixtures, 'tasks.db', [task, starred]),
      ];
      for (const page of pages) await ready(page);
      expect(await restore(pages[1]!, file)).toBeUndefined();
      for (const page of pages) {
        await expect(cells(page)).toHaveText(['kept', '0']);
        await ready(page);
        await page.reload();
        await put(page, 'tasks.db', [task, starred]);
        await expect(cells(page)).toHaveText(['kept', '0']);
        await ready(page);
      }
    });
  }

  test('that a page without migrations imports is brought up to date by the tabs that have some', async ({
    chromium,
    fixtures,
  }) => {
    const file = await fileOf(chromium, fixtures, task, "INSERT INTO task (title) VALUES ('kept')");
    const pages = [
      await open(chromium, fixtures, 'tasks.db', [task, starred]),
      await open(chromium, fixtures, 'tasks.db', [task, starred]),
    ];
    for (const page of pages) await ready(page);
    const other = await chromium.openTab(fixtures.at('script.html'));
    expect(await restore(other, file, 'tasks.db')).toBeUndefined();
    for (const page of pages) await expect(cells(page)).toHaveText(['kept', '0']);
  });

  test('that does not fit is refused, and what was there stays', async ({ chromium, fixtures }) => {
    const file = await fileOf(chromium, fixtures, "CREATE VIEW task AS SELECT 1 AS id, 'x' AS title");
    const page = await open(chromium, fixtures, 'tasks.db', [
      task,
      "INSERT INTO task (title) VALUES ('mine')",
      starred,
    ]);
    await expect(cells(page)).toHaveText(['mine', '0']);
    expect(await restore(page, file)).toBe('IMPORT_REFUSED');
    await expect(cells(page)).toHaveText(['mine', '0']);
    await ready(page);
  });

  test('that does not fit and came by another page is said by each tab, until one comes that does', async ({
    chromium,
    fixtures,
  }) => {
    const wrong = await fileOf(chromium, fixtures, 'CREATE TABLE task (quite, different)');
    const right = await fileOf(chromium, fixtures, task, "INSERT INTO task (title) VALUES ('back')");
    const pages = [
      await open(chromium, fixtures, 'tasks.db', [task, starred]),
      await open(chromium, fixtures, 'tasks.db', [task, starred]),
    ];
    for (const page of pages) await ready(page);
    const other = await chromium.openTab(fixtures.at('script.html'));
    expect(await restore(other, wrong, 'tasks.db')).toBeUndefined();
    for (const page of pages) {
      await expect(element(page)).toHaveAttribute('state', 'error');
      await expect(element(page).locator(':scope > [role=alert]')).toContainText('no record of migrations');
    }
    await pages[0]!.reload();
    await put(pages[0]!, 'tasks.db', [task, starred]);
    await expect(element(pages[0]!)).toHaveAttribute('state', 'error');
    expect(await restore(pages[0]!, right)).toBeUndefined();
    for (const page of pages) {
      await ready(page);
      await expect(cells(page)).toHaveText(['back', '0']);
      await expect(element(page).locator(':scope > [role=alert]')).toHaveCount(0);
    }
  });
});

test('a file that a database has begun with may come from another address later', async ({ chromium, fixtures }) => {
  const seed = await fileOf(chromium, fixtures, task, "INSERT INTO task (title) VALUES ('seeded')");
  for (const address of ['seed.sqlite', 'seed.sqlite?v=2']) {
    const page = await chromium.newTab();
    await page.route('**/seed.sqlite*', (route) => route.fulfill({ body: Buffer.from(seed) }));
    await page.goto(fixtures.at('script.html'));
    await put(page, 'seeded.db', [`src=${address}`, starred]);
    await expect(cells(page)).toHaveText(['seeded', '0']);
  }
});

test('an edited migration says what has changed and how to begin anew, and that works', async ({
  chromium,
  fixtures,
}) => {
  const first = await open(chromium, fixtures, 'edited.db', [task]);
  await ready(first);
  await first.close();
  const edited = [task.replace('title TEXT', 'title TEXT UNIQUE'), starred];
  const page = await open(chromium, fixtures, 'edited.db', edited);
  const alert = element(page).locator(':scope > [role=alert]');
  await expect(alert).toContainText('where it said `NOT NULL)`, it says `UNIQUE NOT NULL)` now');
  const line = /indexedDB\.deleteDatabase\("[^"]+"\)/.exec((await alert.textContent())!)![0];
  await page.evaluate(
    (line) =>
      new Promise((resolve, reject) => {
        const request = (0, eval)(line) as IDBOpenDBRequest;
        Object.assign(request, { onsuccess: resolve, onerror: reject });
      }),
    line,
  );
  await page.reload();
  await put(page, 'edited.db', edited);
  await ready(page);
});
