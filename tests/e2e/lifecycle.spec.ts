// Elements come and go in any order, and behave like built-in elements for script.
import { createServer, type ServerResponse } from 'node:http';
import type { SqliteDbElement, SqliteQueryElement } from '../../elements/sqlite-elements.d.ts';
import { write } from './support/database.ts';
import { add, items, list, observe, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

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
    expect((await changes()).sort()).toEqual(['attributes', 'characterData']);
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
      // Its error (no SQL) is known at once, but reported later.
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
