// Rows in the document: data stays data, and a row that stays keeps its node.
import type { SqliteQueryElement } from '../../elements/sqlite-elements.d.ts';
import { write } from './support/database.ts';
import { add, items, list, observe, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

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

  test('the shapes of an SVG are named by a row, in both ways', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['#shape']);
    await add(
      page,
      `<svg width="0" height="0"><rect id="shape" width="5" height="5" /></svg>
       <sqlite-query sql="SELECT id, title FROM item"><template>
         <svg><use href="{{title}}"></use><use xlink:href="{{title}}"></use></svg></template></sqlite-query>`,
    );
    const widths = () =>
      page.locator('use').evaluateAll((all) => all.map((use) => (use as SVGUseElement).getBBox().width));
    await expect.poll(widths).toEqual([5, 5]);
    await write(page, "UPDATE item SET title = 'data:image/svg+xml,<svg/>#shape'");
    await expect.poll(widths).toEqual([0, 0]);
  });

  test('what becomes a part of the page takes no page out of a row, and pictures take theirs', async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    const pages = [
      'data:text/html,<script>parent.postMessage("pwned", "*")</script>',
      ' data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><g id="a" onclick="pwned = 1"/></svg>#a',
      'blob:http://localhost/1',
    ];
    await items(page, pages);
    await page.evaluate(() => addEventListener('message', () => Object.assign(globalThis, { pwned: 1 })));
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item"><template><section>
         <iframe src="{{title}}"></iframe><svg><use href="{{title}}"></use><use xlink:href="{{title}}"></use></svg>
         <form action="{{title}}"><button formaction="{{title}}">{{id}}</button></form></section></template></sqlite-query>
       <sqlite-query sql="SELECT 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' AS picture, 'data:text/csv,1' AS file">
         <template><p><img src="{{picture}}" alt=""><a href="{{file}}" download="a.csv">CSV</a></p></template></sqlite-query>`,
    );
    await expect(page.locator('main section')).toHaveCount(pages.length);
    await expect(page.locator('main p img')).toHaveAttribute('src', /^data:image/);
    await expect(page.locator('main p a')).toHaveAttribute('href', 'data:text/csv,1');
    const left = await page
      .locator('main section *')
      .evaluateAll((all) =>
        all.flatMap((element) => element.getAttributeNames().filter((name) => /src|href|action/.test(name))),
      );
    expect(left).toEqual([]);
    await write(page, "UPDATE item SET title = 'busy.html' WHERE id = 1");
    await expect(page.locator('main iframe').first()).toHaveAttribute('src', 'busy.html');
    await write(page, 'UPDATE item SET title = ? WHERE id = 1', [pages[0]]);
    await expect(page.locator('main iframe').first()).not.toHaveAttribute('src');
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
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
    // The last row becomes the first. The shortest way would be to move it, but it has the focus.
    await write(page, 'UPDATE item SET rank = 0 WHERE id = 4');
    await expect(page.locator('li')).toHaveText([' four', ' one', ' two', ' three']);
    const after = await before.evaluate(({ nodes, field }) => ({
      same: [3, 0, 1, 2].every((old, at) => nodes[old] === document.querySelectorAll('li')[at]),
      focused: document.activeElement === field,
      caret: [field.selectionStart, field.selectionEnd],
    }));
    expect(after).toEqual({ same: true, focused: true, caret: [1, 3] });
  });

  test('a row that moves keeps its scroll position and its running transition', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two', 'three']);
    await page.addStyleTag({
      content: 'li { transition: opacity 1000s } .faint { opacity: 0.5 } pre { height: 2em; overflow: auto }',
    });
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item ORDER BY rank"><ul><template><li>{{title}}<pre>\n1\n2\n3\n4\n5\n6</pre></li></template></ul></sqlite-query>`,
    );
    const row = page.getByRole('listitem').filter({ hasText: 'three' });
    await row.evaluate((row) => {
      row.querySelector('pre')!.scrollTop = 20;
      getComputedStyle(row).opacity;
      row.classList.add('faint');
    });
    const kept = () =>
      row.evaluate((row) => ({ scroll: row.querySelector('pre')!.scrollTop, transitions: row.getAnimations().length }));
    await expect.poll(kept).toEqual({ scroll: 20, transitions: 1 });
    await row.evaluate((row) => Object.assign(globalThis, { transition: row.getAnimations()[0] }));
    await write(page, 'UPDATE item SET rank = 0 WHERE id = 3');
    await expect(page.getByRole('listitem').first()).toContainText('three');
    expect(await kept()).toEqual({ scroll: 20, transitions: 1 });
    expect(
      await row.evaluate((row) => row.getAnimations()[0] === (globalThis as { transition?: Animation }).transition),
    ).toBe(true);
  });

  test('what did not change is not touched', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two', 'three']);
    await add(page, `<sqlite-query sql="SELECT id, title, note FROM item">${list}</sqlite-query>`);
    await expect(page.locator('li')).toHaveCount(3);
    const changes = await observe(page, 'main sqlite-query');
    // The answer differs only in a column that the template does not show. The query says when it has rendered the
    // answer.
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
    expect((await changes()).sort()).toEqual(['attributes', 'characterData']);
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
    // The parser reports the attribute, even in the template. The rows get their styles through the CSSOM.
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

  test('is sorted by its headers: up, down, and as the query has it', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await write(page, 'CREATE TABLE mixed (id INTEGER PRIMARY KEY, v)');
    await write(page, "INSERT INTO mixed (v) VALUES ('b'), (10), (NULL), ('Ä'), (9.5), ('item 10'), ('item 9'), ('a')");
    await add(page, `<sqlite-query sql="SELECT id, v FROM mixed"></sqlite-query>`);
    const values = page.locator('td:nth-child(2)');
    const header = page.getByRole('columnheader', { name: 'v' });
    await expect(values).toHaveText(['b', '10', '', 'Ä', '9.5', 'item 10', 'item 9', 'a']);
    const row = await page.locator('tr', { hasText: 'item 10' }).elementHandle();
    await header.getByRole('button').focus();
    await page.keyboard.press('Enter');
    const up = ['', '9.5', '10', 'a', 'Ä', 'b', 'item 9', 'item 10'];
    await expect(values).toHaveText(up);
    await expect(header).toHaveAttribute('aria-sort', 'ascending');
    await expect(header.getByRole('button')).toBeFocused();
    expect(await row!.evaluate((row) => row.isConnected)).toBe(true);
    await write(page, "INSERT INTO mixed (v) VALUES ('c')");
    await expect(values).toHaveText([...up.slice(0, 6), 'c', ...up.slice(6)]);
    await page.keyboard.press('Enter');
    await expect(values).toHaveText([...up.slice(0, 6), 'c', ...up.slice(6)].reverse());
    await expect(header).toHaveAttribute('aria-sort', 'descending');
    await page.keyboard.press('Enter');
    await expect(values).toHaveText(['b', '10', '', 'Ä', '9.5', 'item 10', 'item 9', 'a', 'c']);
    await expect(header).not.toHaveAttribute('aria-sort');
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

test('rows that the server has rendered stay until the answer, and are taken over by their keys', async ({
  chromium,
  fixtures,
}) => {
  const page = await chromium.newTab();
  let let_go = () => {};
  const held = new Promise<void>((resolve) => (let_go = resolve));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(fixtures.at('rendered.html'));
  await expect(page.getByRole('listitem')).toHaveText(['as rendered', 'old', 'deleted since']);
  await page.getByRole('checkbox').first().focus();
  await page.evaluate(() => {
    const rows = [...document.querySelectorAll('li')];
    const touched: string[] = [];
    Object.assign(globalThis, { rows, touched });
    new MutationObserver((records) => touched.push(...records.map(({ type }) => type))).observe(rows[0]!, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });
  let_go();
  await expect(page.getByRole('listitem')).toHaveText(['as rendered', 'changed since', 'new since']);
  await expect(page.getByRole('checkbox', { name: 'changed since' })).toBeChecked();
  await expect(page.getByRole('checkbox').first()).toBeFocused();
  const same = await page.evaluate(() => {
    const { rows, touched } = globalThis as unknown as { rows: Element[]; touched: string[] };
    const now = [...document.querySelectorAll('li')];
    return { first: now[0] === rows[0], second: now[1] === rows[1], touched };
  });
  expect(same).toEqual({ first: true, second: true, touched: [] });
  await expect(page.getByText('Loading')).toHaveCount(0);
});

test('reals read as JavaScript writes them', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, `<sqlite-query sql="SELECT 1e300, 2.5e-9, 1e999, 0.1, -3.0"></sqlite-query>`);
  await expect(page.locator('td')).toHaveText(['1e+300', '2.5e-9', 'Infinity', '0.1', '-3']);
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

test('many rows at once are filled, updated and removed as few are', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await write(page, 'CREATE TABLE many (id INTEGER PRIMARY KEY, title TEXT, note)');
  const fill = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50)
    INSERT INTO many SELECT x, '<i>' || x || '</i>', iif(x % 2, NULL, x / 4.0) FROM n`;
  await write(page, fill);
  await add(
    page,
    `<sqlite-query id="list" sql="SELECT * FROM many"><template><p title="{{title}}">{{title}}: <b>{{note}}</b></p></template></sqlite-query>
     <sqlite-query id="table" sql="SELECT title, note FROM many"></sqlite-query>`,
  );
  const rows = page.locator('#list p');
  await expect(rows).toHaveCount(50);
  await expect(rows.nth(1)).toHaveText('<i>2</i>: 0.5');
  await expect(rows.nth(1)).toHaveAttribute('title', '<i>2</i>');
  await expect(rows.nth(0)).toHaveText('<i>1</i>: ');
  const cells = page.locator('#table td');
  await expect(cells.nth(1)).toHaveAttribute('data-null', '');
  await expect(cells.nth(3)).toHaveAttribute('data-type', 'real');
  await expect(cells.nth(2)).toHaveText('<i>2</i>');
  await write(page, "UPDATE many SET title = 'new' WHERE id = 30; DELETE FROM many WHERE id < 11 OR id > 48");
  await expect(rows).toHaveCount(38);
  await expect(rows.nth(19)).toHaveText('new: 7.5');
  await expect(rows.nth(19)).toHaveAttribute('title', 'new');
  await write(page, "INSERT INTO many VALUES (1, 'back' || char(0) || 'again', 1)");
  await expect(rows.first()).toContainText('back');
});
