// Input: the parameters of queries, and writes.
import type { SqliteQueryElement, SqliteWriteElement } from '../../elements/sqlite-elements.d.ts';
import { rowsOf, write } from './support/database.ts';
import { add, items, list, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

test.describe('parameters', () => {
  test('attributes are bound by name, and a change asks again', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-query sql="SELECT :min_year AS year, typeof(:min_year) AS type, :nothing IS NULL AS n" data-min-year="1990" data-nothing="">
         <template><p>{{year}} {{type}} {{n}}</p></template></sqlite-query>`,
    );
    await expect(page.locator('main p')).toHaveText(['1990 integer 1']);
    await page.locator('main sqlite-query').evaluate((element: HTMLElement) => (element.dataset.minYear = '007'));
    await expect(page.locator('main p')).toHaveText(['007 text 1']);
  });

  test('a parameter without a value is told in place', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, `<sqlite-query sql="SELECT :nobody"></sqlite-query>`);
    await expect(page.getByRole('alert')).toContainText(':nobody');
  });

  test('a form filters as one types, Enter stays on the page, and reset asks again', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['apple', 'apricot', 'banana']);
    await add(
      page,
      `<form id="filter"><input name="q" aria-label="Search"><input name="elements" value="ap" hidden><button type="reset">All</button></form>
       <sqlite-query form="filter" sql="SELECT id, title FROM item WHERE title LIKE :q || '%' ORDER BY id">${list}</sqlite-query>`,
    );
    await expect(page.locator('li')).toHaveCount(3);
    await page.getByLabel('Search').pressSequentially('apr');
    await expect(page.locator('li')).toHaveText([' apricot']);
    const address = page.url();
    await page.getByLabel('Search').press('Enter');
    await page.getByRole('button', { name: 'All' }).click();
    await expect(page.locator('li')).toHaveCount(3);
    expect(page.url()).toBe(address);
  });

  test('only the answer to the last question is shown', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, `<sqlite-query sql="SELECT 'none' AS a"><template><p>{{a}}</p></template></sqlite-query>`);
    await expect(page.locator('main p')).toHaveText(['none']);
    const shown = await page.locator('main sqlite-query').evaluate(async (query: SqliteQueryElement) => {
      const shown: string[] = [];
      query.addEventListener('rows', () => shown.push(query.querySelector('p')!.textContent));
      const slow = `WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000)`;
      query.sql = `${slow} SELECT 'slow' || 0 * count(*) AS a FROM n`;
      await new Promise((done) => setTimeout(done));
      query.sql = `SELECT 'quick' AS a`;
      await query.refresh();
      await new Promise((done) => query.addEventListener('rows', done, { once: true }));
      return shown;
    });
    expect(shown).toEqual(['quick']);
    await expect(page.locator('main p')).toHaveText(['quick']);
  });
});

test.describe('writes', () => {
  test('fields are bound by their kind', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-write sql="INSERT INTO kept VALUES (:a, :b, :c, :d, :e, :reset)" data-e="7"><form>
         <input name="a" value="12"><input name="b" type="number" value="12"><input name="c" type="checkbox" checked>
         <input name="d" type="date"><button name="reset" value="sent">Keep</button></form></sqlite-write>`,
    );
    await page.getByRole('button', { name: 'Keep' }).click();
    await expect(page.locator('main sqlite-write')).not.toHaveAttribute('aria-busy');
    const types = 'SELECT a, typeof(a) AS ta, b, typeof(b) AS tb, c, d, typeof(e) AS te, f FROM kept';
    await expect
      .poll(() => rowsOf(page, types))
      .toEqual([{ a: '12', ta: 'text', b: 12, tb: 'integer', c: 1, d: null, te: 'integer', f: 'sent' }]);
  });

  test('a chosen file becomes its bytes', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-write sql="INSERT INTO kept (a) VALUES (:a)"><form><input name="a" type="file" aria-label="File"><button>Keep</button></form></sqlite-write>`,
    );
    await page
      .getByLabel('File')
      .setInputFiles({ name: 'a.bin', mimeType: 'application/octet-stream', buffer: Buffer.from([1, 0, 255]) });
    await page.getByRole('button', { name: 'Keep' }).click();
    await expect.poll(() => rowsOf(page, 'SELECT hex(a) AS a FROM kept')).toEqual([{ a: '0100FF' }]);
  });

  test('what is typed while a write is under way stays', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-write sql="INSERT INTO item (title) VALUES (:title)"><form><input name="title"><button>Add</button></form></sqlite-write>`,
    );
    const typed = await page.locator('main sqlite-write').evaluate(async (element: SqliteWriteElement) => {
      const field = element.querySelector('input')!;
      const done = new Promise((done) => element.addEventListener('done', done));
      field.value = 'first';
      element.querySelector('form')!.requestSubmit();
      field.value = 'second';
      await done;
      return field.value;
    });
    expect(typed).toBe('second');
    expect(await rowsOf(page, 'SELECT title FROM item')).toEqual([{ title: 'first' }]);
  });

  test('several statements are one transaction, each with the parameters that it names', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['apples', 'pears']);
    await add(
      page,
      `<sqlite-write data-id="1" sql="UPDATE item SET title = :title WHERE id = :id; INSERT INTO item (title) VALUES (:title || ' too')">
         <form><input name="title" aria-label="Title"><button>Do both</button></form></sqlite-write>`,
    );
    await page.getByLabel('Title').fill('plums');
    await page.getByRole('button').click();
    await expect
      .poll(() => rowsOf(page, 'SELECT title FROM item'))
      .toEqual([{ title: 'plums' }, { title: 'pears' }, { title: 'plums too' }]);
  });

  test('a form is empty again after its write, unless it is to keep what it says', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    const form = `<form><input name="title" required><button>Add</button></form>`;
    await add(
      page,
      `<sqlite-write id="once" sql="INSERT INTO item (title) VALUES (:title)">${form}</sqlite-write>
       <sqlite-write id="keep" keep sql="INSERT INTO item (title) VALUES (:title)">${form}</sqlite-write>`,
    );
    for (const id of ['once', 'keep']) {
      const done = page
        .locator(`#${id}`)
        .evaluate(
          (element: SqliteWriteElement) =>
            new Promise((done) => element.addEventListener('done', ({ detail }) => done(detail))),
        );
      // The browser's own validation comes first.
      await page.locator(`#${id} button`).click();
      await page.locator(`#${id} input`).fill(id);
      await page.locator(`#${id} button`).click();
      expect(await done).toEqual({ changes: 1, lastInsertId: id === 'once' ? 1 : 2 });
    }
    await expect(page.locator('#once input')).toHaveValue('');
    await expect(page.locator('#keep input')).toHaveValue('keep');
    expect(await rowsOf(page, 'SELECT title FROM item ORDER BY id')).toEqual([{ title: 'once' }, { title: 'keep' }]);
  });

  test('a button is off while its write is under way, and does not lose the focus', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, `<sqlite-write sql="INSERT INTO item (title) VALUES ('x')"><button>Add</button></sqlite-write>`);
    const button = page.getByRole('button', { name: 'Add' });
    const states = await button.evaluate(async (element) => {
      const button = element as HTMLButtonElement;
      const states: boolean[] = [];
      new MutationObserver(() => states.push(button.disabled)).observe(button, { attributeFilter: ['disabled'] });
      const done = new Promise((done) => button.parentElement!.addEventListener('done', done));
      button.focus();
      button.click();
      button.click();
      await done;
      return states;
    });
    expect(states).toEqual([true, false]);
    await expect(button).toBeFocused();
    expect(await rowsOf(page, 'SELECT count(*) AS n FROM item')).toEqual([{ n: 1 }]);
  });

  test('a box that cannot be ticked shows again what is stored, and says why', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await write(page, 'INSERT INTO picky VALUES (1, 0)');
    await add(
      page,
      `<sqlite-query sql="SELECT id, done FROM picky"><template>
         <sqlite-write sql="UPDATE picky SET done = :done WHERE id = :id" data-id="{{id}}">
           <input type="checkbox" name="done" checked="{{done}}" aria-label="Done"></sqlite-write></template></sqlite-query>`,
    );
    await page.getByLabel('Done').click();
    await expect(page.getByRole('alert')).toContainText('CHECK constraint failed');
    await expect(page.getByLabel('Done')).not.toBeChecked();
  });

  test('a question is asked before, and no is no', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await add(page, `<sqlite-write sql="DELETE FROM item" confirm="Really?"><button>Delete</button></sqlite-write>`);
    page.once('dialog', (dialog) => void dialog.dismiss());
    await page.getByRole('button', { name: 'Delete' }).click();
    expect(await rowsOf(page, 'SELECT count(*) AS n FROM item')).toEqual([{ n: 1 }]);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => rowsOf(page, 'SELECT count(*) AS n FROM item')).toEqual([{ n: 0 }]);
  });

  test('a write without a database says so', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, `<sqlite-write sql="DELETE FROM item"><button>Delete</button></sqlite-write>`, 'aside');
    await page.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByRole('alert')).toContainText('must stand inside a <sqlite-db>');
  });
});
