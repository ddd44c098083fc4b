// What the elements promise to a page's author: data stays data, rows keep their nodes, and nothing depends on the order
// in which elements, attributes and children come.
import { type Page } from '@playwright/test';
import { createServer, type ServerResponse } from 'node:http';
import type { SqliteDbElement, SqliteQueryElement, SqliteWriteElement } from '../../elements/sqlite-elements.d.ts';
import { ready, rowsOf, write } from './support/database.ts';
import { type Browser } from './support/browser.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

const list = `<ul><template><li data-id="{{id}}"><input value="{{title}}"> {{title}}</li></template></ul>`;

/** A tab with an open database, and nothing in its `<main>` yet. */
async function opened(chromium: Browser, fixtures: Origin): Promise<Page> {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await ready(page);
  return page;
}

/** What an author writes into `<main>`, or elsewhere. */
async function add(page: Page, html: string, where = 'main'): Promise<void> {
  await page.locator(where).evaluate((element, html) => {
    const template = document.createElement('template');
    template.innerHTML = html;
    element.append(document.importNode(template.content, true));
  }, html);
}

/** Counts what changes in a part of the page from now on: kinds of mutations, in order. */
async function observe(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const records = await page.locator(selector).evaluateHandle((element) => {
    const kinds: string[] = [];
    const observer = new MutationObserver((records) => {
      // What the element says of itself, `state` and `aria-busy`, is not what it shows.
      kinds.push(...records.filter(({ target }) => target !== element).map(({ type }) => type));
    });
    observer.observe(element, { subtree: true, childList: true, characterData: true, attributes: true });
    return kinds;
  });
  return () => records.evaluate((kinds) => kinds.splice(0));
}

const items = async (page: Page, titles: string[]) => {
  for (const [at, title] of titles.entries())
    await write(page, 'INSERT INTO item (id, title, rank) VALUES (?, ?, ?)', [at + 1, title, at + 1]);
};

test.describe('data is never markup', () => {
  test('a value with markup is text, in a text, in an attribute and in a table', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    const evil = '"><img src="x:" onerror="pwned = 1"><script>pwned = 1</script>{{id}}';
    await items(page, [evil]);
    await add(
      page,
      `<sqlite-query id="list" sql="SELECT id, title FROM item"><template><p title="{{title}}">{{title}}</p></template></sqlite-query>
       <sqlite-query id="table" sql="SELECT title FROM item"></sqlite-query>`,
    );
    await expect(page.locator('#list p')).toHaveText(evil);
    await expect(page.locator('#list p')).toHaveAttribute('title', evil);
    await expect(page.locator('#table td')).toHaveText(evil);
    await expect(page.locator('#list img, #table img, #list p script')).toHaveCount(0);
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
  });

  test('an address that would run script is left out, others stay', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['javascript:alert(1)', ' JaVa\tScript:alert(1)', 'https://example.org/']);
    await add(
      page,
      `<sqlite-query sql="SELECT * FROM item"><template><a href="{{title}}">{{id}}</a></template></sqlite-query>`,
    );
    await expect(page.locator('main a')).toHaveText(['1', '2', '3']);
    const addresses = await page
      .locator('main a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(addresses).toEqual([null, null, 'https://example.org/']);
    await write(page, "UPDATE item SET title = 'javascript:alert(2)' WHERE id = 3");
    await expect(page.locator('main a').nth(2)).not.toHaveAttribute('href');
  });

  for (const [what, html] of [
    ['script', `<button onclick="{{title}}">x</button>`],
    ['script', `<script>{{title}}</script>`],
    ['markup', `<iframe srcdoc="{{title}}"></iframe>`],
    ['SQL', `<sqlite-query sql="SELECT '{{title}}'"></sqlite-query>`],
  ]) {
    test(`a mark that would turn data into ${what} is refused in place: ${html}`, async ({ chromium, fixtures }) => {
      const page = await opened(chromium, fixtures);
      await items(page, ['pwned = 1']);
      await add(page, `<sqlite-query sql="SELECT title FROM item"><template>${html}</template></sqlite-query>`);
      await expect(page.getByRole('alert')).toContainText('takes no {{marks}}');
      expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    });
  }
});

test.describe('rows', () => {
  test('a row that moves keeps its node, and the one in use keeps the focus and the caret', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two', 'three', 'four']);
    await add(page, `<sqlite-query sql="SELECT id, title FROM item ORDER BY rank">${list}</sqlite-query>`);
    await expect(page.locator('li')).toHaveCount(4);
    const before = await page.locator('ul').evaluateHandle((ul) => {
      const field = ul.querySelector<HTMLInputElement>('li[data-id="4"] input')!;
      field.focus();
      field.setSelectionRange(1, 3);
      return { nodes: [...ul.querySelectorAll('li')], field };
    });
    // Last becomes first: the shortest way would be to move the row that has the focus.
    await write(page, 'UPDATE item SET rank = 0 WHERE id = 4');
    await expect(page.locator('li')).toHaveText([' four', ' one', ' two', ' three']);
    const after = await before.evaluate(({ nodes, field }) => ({
      same: [3, 0, 1, 2].every((old, at) => nodes[old] === document.querySelectorAll('li')[at]),
      focused: document.activeElement === field,
      caret: [field.selectionStart, field.selectionEnd],
    }));
    expect(after).toEqual({ same: true, focused: true, caret: [1, 3] });
  });

  test('what did not change is not touched', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two', 'three']);
    await add(page, `<sqlite-query sql="SELECT id, title, note FROM item">${list}</sqlite-query>`);
    await expect(page.locator('li')).toHaveCount(3);
    const changes = await observe(page, 'main sqlite-query');
    // The answer differs in a column that the template does not show; the query says when it has rendered it.
    const rendered = page
      .locator('main sqlite-query')
      .evaluate(
        (query) => new Promise((done) => query.addEventListener('rows', () => done(undefined), { once: true })),
      );
    await write(page, "UPDATE item SET note = 'unseen'");
    await rendered;
    expect(await changes()).toEqual([]);
    await write(page, "UPDATE item SET title = 'zwei' WHERE id = 2");
    await expect(page.locator('li').nth(1)).toHaveText(' zwei');
    expect(await changes()).toEqual(['attributes', 'characterData']);
    await write(page, 'DELETE FROM item WHERE id = 1');
    await expect(page.locator('li')).toHaveCount(2);
    expect(await changes()).toEqual(['childList']);
  });

  test('asking again touches nothing', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    await add(page, `<sqlite-query sql="SELECT id, title FROM item">${list}</sqlite-query>`);
    await expect(page.locator('li')).toHaveCount(2);
    const changes = await observe(page, 'main sqlite-query');
    await page.locator('main sqlite-query').evaluate((query: SqliteQueryElement) => query.refresh());
    expect(await changes()).toEqual([]);
  });

  test('a field that somebody is editing keeps what they typed, another one follows', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    await add(page, `<sqlite-query sql="SELECT id, title FROM item">${list}</sqlite-query>`);
    const [first, second] = [page.locator('li input').first(), page.locator('li input').last()];
    await second.fill('typed and left');
    await first.fill('typing');
    await write(page, "UPDATE item SET title = title || '!'");
    await expect(page.locator('li')).toHaveText([' one!', ' two!']);
    await expect(first).toHaveValue('typing');
    await expect(second).toHaveValue('two!');
  });

  test('attributes that are on or off follow the value, and so does the box', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await add(
      page,
      `<sqlite-query sql="SELECT * FROM item"><template><input type="checkbox" checked="{{done}}" disabled="{{note}}"></template></sqlite-query>`,
    );
    const box = page.locator('main input');
    await expect(box).not.toBeChecked();
    await expect(box).toBeEnabled();
    await write(page, "UPDATE item SET done = 1, note = 'x'");
    await expect(box).toBeChecked();
    await expect(box).toBeDisabled();
    await write(page, "UPDATE item SET done = 0, note = ''");
    await expect(box).not.toBeChecked();
    await expect(box).toBeEnabled();
  });

  test('a style is bound declaration by declaration, also where the policy forbids inline styles', async ({
    chromium,
    fixtures,
  }) => {
    // The parser itself reports the attribute, in the template even; what the rows get comes through the CSSOM.
    chromium.expectComplaint(/Applying inline style violates|Loading the image 'data:,'/);
    const page = await chromium.openTab(fixtures.at('styled.html?csp=strict'));
    const styles = () => page.locator('div').evaluateAll((divs) => divs.map((div) => div.getAttribute('style')));
    await expect.poll(styles).toEqual(['width: 40px; height: 10px;', 'height: 10px;']);
  });

  test('a mark that is no column is named, with the columns there are', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item"><template><p>{{titel}}</p></template></sqlite-query>`,
    );
    await expect(page.getByRole('alert')).toContainText('{{titel}}');
    await expect(page.getByRole('alert')).toContainText('id, title');
    await expect(page.locator('main sqlite-query')).toHaveAttribute('state', 'error');
  });

  test('a query in a row asks by the row', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    await add(
      page,
      `<sqlite-query id="outer" sql="SELECT id, title FROM item"><template><section><h2>{{title}}</h2>
         <sqlite-query sql="SELECT 'row ' || :row || ' is ' || typeof(:row) AS said" data-row="{{id}}"><template><p>{{said}}</p></template></sqlite-query>
       </section></template></sqlite-query>`,
    );
    await expect(page.locator('section p')).toHaveText(['row 1 is integer', 'row 2 is integer']);
    await write(page, 'DELETE FROM item WHERE id = 1');
    await expect(page.locator('section p')).toHaveText(['row 2 is integer']);
  });

  test('templates say what is loading, empty and wrong', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item"><ul><template><li>{{title}}</li></template></ul>
         <template for="loading"><p>loading</p></template>
         <template for="empty"><p>nothing</p></template>
         <template for="error"><p>{{code}}: {{message}}</p></template></sqlite-query>`,
    );
    const query = page.locator('main sqlite-query');
    await expect(query.locator('p')).toHaveText(['nothing']);
    await expect(query).toHaveAttribute('state', 'empty');
    await items(page, ['one']);
    await expect(query.locator('li')).toHaveText(['one']);
    await expect(query.locator('p')).toHaveCount(0);
    await expect(query).toHaveAttribute('state', 'ready');
    await query.evaluate((element) => element.setAttribute('sql', 'SELECT oops'));
    await expect(query.locator('p')).toHaveText([/SQLITE_ERROR: no such column: oops/]);
    await expect(query.locator('li')).toHaveCount(0);
    await expect(query).toHaveAttribute('state', 'error');
  });
});

test.describe('a query without a template', () => {
  test('is a table that assistive technology can read', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    await add(
      page,
      `<sqlite-query caption="Items" sql="SELECT title AS Title, rank AS Rank, note AS Note FROM item"></sqlite-query>`,
    );
    const table = page.getByRole('table', { name: 'Items' });
    await expect(table.getByRole('columnheader')).toHaveText(['Title', 'Rank', 'Note']);
    await expect(table.locator('th').first()).toHaveAttribute('scope', 'col');
    await expect(table.getByRole('cell')).toHaveText(['one', '1', '', 'two', '2', '']);
    await expect(table.getByRole('cell').nth(1)).toHaveCSS('text-align', 'end');
    await expect(table.getByRole('cell').nth(2)).toHaveAttribute('data-null', '');
    await write(page, "UPDATE item SET note = 'x' WHERE id = 2");
    await expect(table.getByRole('cell')).toHaveText(['one', '1', '', 'two', '2', 'x']);
    await expect(table.getByRole('cell').nth(5)).not.toHaveAttribute('data-null');
  });

  test('follows columns that come by a change of the schema', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await write(page, 'INSERT INTO picky VALUES (1, 0)');
    await add(page, `<sqlite-query sql="SELECT * FROM picky"></sqlite-query>`);
    await expect(page.locator('th')).toHaveText(['id', 'done']);
    await write(page, "ALTER TABLE picky ADD COLUMN more TEXT DEFAULT 'new'");
    await expect(page.locator('th')).toHaveText(['id', 'done', 'more']);
    await expect(page.locator('td')).toHaveText(['1', '0', 'new']);
    await expect(page.locator('table')).toHaveCount(1);
  });
});

test.describe('order does not matter', () => {
  test('elements and properties that are older than the library are taken over', async ({ chromium, fixtures }) => {
    const page = await chromium.openTab(fixtures.at('early.html'));
    await expect(page.locator('#inner li')).toHaveText(['a', 'b']);
    await expect(page.locator('#other p')).toHaveText(['2 of other']);
    const settings = await page.locator('#inner').evaluate((element) => ({
      own: Object.hasOwn(element, 'sql'),
      attribute: element.getAttribute('sql'),
    }));
    expect(settings).toEqual({ own: false, attribute: 'SELECT title FROM item ORDER BY title' });
  });

  test('a template that is parsed seconds later is used, and no table is shown meanwhile', async ({
    chromium,
    fixtures,
  }) => {
    let rest: ServerResponse | undefined;
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.write(`<!doctype html><link rel="icon" href="data:,">
        <script type="module" async src="${fixtures.at('dist/sqlite-elements.js')}"></script>
        <sqlite-db name="streamed.db"><script type="application/sql">CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)`);
      response.write(`${' '.repeat(2000)}`);
      rest = response;
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address() as { port: number };
    try {
      const page = await chromium.newTab();
      await page.goto(`http://localhost:${address.port}/`, { waitUntil: 'commit' });
      const db = page.locator('sqlite-db');
      await expect(db).toHaveAttribute('state', 'loading');
      rest!.write(`</script><sqlite-query sql="SELECT a FROM t"><ul>${' '.repeat(2000)}`);
      const query = page.locator('sqlite-query');
      await expect(query).toHaveAttribute('state', 'loading');
      await expect(query).toHaveAttribute('aria-busy', 'true');
      rest!.write(`<template><li>a = {{a}}</li></template></ul></sqlite-query></sqlite-db>`);
      rest!.end();
      await expect(page.locator('li')).toHaveText(['a = 1', 'a = 2']);
      await expect(page.locator('table')).toHaveCount(0);
      await expect(query).not.toHaveAttribute('aria-busy');
    } finally {
      server.close();
    }
  });

  test('elements can be made by script, inside out', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await page.evaluate(async () => {
      const query = document.createElement('sqlite-query');
      query.sql = 'SELECT a FROM made';
      document.body.append(query);
      await new Promise((done) => setTimeout(done));
      const template = document.createElement('template');
      template.innerHTML = '<b>{{a}}</b>';
      query.append(template);
      const db = document.createElement('sqlite-db');
      db.name = 'made.db';
      db.id = 'made';
      document.body.append(db);
      query.setAttribute('db', 'made');
      const script = document.createElement('script');
      script.type = 'application/sql';
      script.textContent = "CREATE TABLE made (a); INSERT INTO made VALUES ('by script')";
      db.append(script);
    });
    await expect(page.locator('b')).toHaveText(['by script']);
  });

  test('an element that is moved keeps its rows and touches none', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    await add(
      page,
      `<div><sqlite-query sql="SELECT id, title FROM item">${list}</sqlite-query></div><div id="there"></div>`,
    );
    await expect(page.locator('li')).toHaveCount(2);
    const changes = await observe(page, 'main sqlite-query');
    await page.evaluate(() => document.getElementById('there')!.append(document.querySelector('main sqlite-query')!));
    await write(page, "UPDATE item SET title = 'moved' WHERE id = 2");
    await expect(page.locator('#there li')).toHaveText([' one', ' moved']);
    expect(await changes()).toEqual(['attributes', 'characterData']);
  });

  test('an element that is taken out asks no more, and shows what is new when it is back', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await add(page, `<sqlite-query sql="SELECT id, title FROM item">${list}</sqlite-query>`);
    await expect(page.locator('li')).toHaveCount(1);
    const query = await page.locator('main sqlite-query').elementHandle();
    await query!.evaluate((element) => element.remove());
    await write(page, "INSERT INTO item (title) VALUES ('two')");
    expect(await query!.evaluate((element) => element.querySelectorAll('li').length)).toBe(1);
    await query!.evaluate((element) => document.querySelector('main')!.append(element));
    await expect(page.locator('li')).toHaveText([' one', ' two']);
  });

  test('a database that is renamed is another one', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await add(
      page,
      `<sqlite-query sql="SELECT count(*) AS n FROM item"><template><p>{{n}}</p></template></sqlite-query>`,
    );
    await expect(page.locator('main p')).toHaveText(['1']);
    await page.locator('sqlite-db').evaluate((element: SqliteDbElement) => (element.name = 'second.db'));
    await expect(page.locator('main p')).toHaveText(['0']);
    await page.locator('sqlite-db').evaluate((element) => element.setAttribute('name', 'elements.db'));
    await expect(page.locator('main p')).toHaveText(['1']);
  });

  test('an element that is gone is collected', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two']);
    const rounds = 20;
    for (let round = 0; round < rounds; round += 1) {
      await add(
        page,
        `<sqlite-query sql="SELECT * FROM item"><template><p>{{title}}</p>
          <sqlite-write sql="DELETE FROM item WHERE id = :id" data-id="{{id}}"><button>x</button></sqlite-write></template></sqlite-query>
         <sqlite-query sql="SELECT * FROM item"></sqlite-query><sqlite-query sql="wrong"></sqlite-query><sqlite-status></sqlite-status>`,
      );
      await expect(page.locator('main p')).toHaveCount(3);
      await expect(page.locator('main td')).toHaveCount(10);
      await page.locator('main').evaluate((main) => {
        const gone = ((globalThis as { gone?: WeakRef<Element>[] }).gone ??= []);
        gone.push(...[...main.querySelectorAll('*')].map((element) => new WeakRef(element)));
        main.replaceChildren();
      });
    }
    const session = await page.context().newCDPSession(page);
    const left = async () => {
      await session.send('HeapProfiler.collectGarbage');
      return page.evaluate(() => {
        const gone = (globalThis as { gone?: WeakRef<Element>[] }).gone!;
        return { of: gone.length, left: gone.filter((reference) => reference.deref()).length };
      });
    };
    await expect.poll(async () => (await left()).left).toBe(0);
    expect((await left()).of).toBeGreaterThan(rounds * 20);
  });
});

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

test.describe('script', () => {
  test('reads rows as objects, with integers and blobs as they are', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-query sql="SELECT 1 AS a, 9007199254740993 AS big, x'0102' AS bytes, NULL AS n, 2 AS __proto__"></sqlite-query>`,
    );
    await expect(page.locator('td')).toHaveText(['1', '9007199254740993', '[2 bytes]', '', '2']);
    const row = await page.locator('main sqlite-query').evaluate((element: SqliteQueryElement) => {
      const [row] = element.rows;
      return {
        keys: Object.keys(row!),
        big: `${row!.big} ${typeof row!.big}`,
        bytes: [...(row!.bytes as Uint8Array)],
        n: row!.n,
      };
    });
    expect(row).toEqual({
      keys: ['a', 'big', 'bytes', 'n', '__proto__'],
      big: '9007199254740993 bigint',
      bytes: [1, 2],
      n: null,
    });
  });

  test('hears events that do not bubble, after the task in which it began to listen', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    const heard = await page.evaluate(async () => {
      const heard: string[] = [];
      const query = document.createElement('sqlite-query');
      document.querySelector('main')!.append(query);
      // Its mistake (no SQL) is known at once, but told later.
      await Promise.resolve();
      document.body.addEventListener('error', () => heard.push('bubbled'));
      const error = new Promise<CustomEvent>((done) => query.addEventListener('error', done));
      const { detail } = await error;
      heard.push(`${detail.name} ${detail.code}`);
      const commit = new Promise<CustomEvent>((done) =>
        document.querySelector('sqlite-db')!.addEventListener('commit', done, { once: true }),
      );
      void document.querySelector('sqlite-db')!.database!.queueWrite("INSERT INTO item (title) VALUES ('x')");
      const { tables, kind } = (await commit).detail;
      heard.push(`${tables} ${kind}`);
      return heard;
    });
    expect(heard).toEqual(['StateError SQL_MISSING', 'item data']);
  });

  test('finds a database without a name in error, and the message in the page', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, `<sqlite-db id="nameless"><sqlite-query sql="SELECT 1"></sqlite-query></sqlite-db>`, 'aside');
    await expect(page.locator('#nameless')).toHaveAttribute('state', 'error');
    await expect(page.getByRole('alert')).toHaveText([/needs a name/]);
  });
});

test('the status says who leads, and announces nothing else', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, `<sqlite-status></sqlite-status>`);
  await expect(page.getByRole('status')).toHaveText('leader');
  const follower = await opened(chromium, fixtures);
  await add(follower, `<sqlite-status></sqlite-status>`);
  await expect(follower.getByRole('status')).toHaveText('follower');
  await write(page, "INSERT INTO item (title) VALUES ('x')");
  await expect(follower.locator('[part=latency]')).toHaveText(/^\d+ ms$/);
  await expect(follower.getByRole('status')).toHaveText('follower');
});
