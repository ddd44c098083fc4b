// The templates of a <sqlite-query>, and the ways to write them.
import { write } from './support/database.ts';
import { add, items, observe, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

test('a header stands above the rows while there are any, and is filled from the first', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title, count(*) OVER () AS total FROM item ORDER BY id">
       <template for="header"><h2>{{total}} items</h2></template>
       <ul id="rows"><template><li>{{title}}</li></template></ul>
       <template for="empty"><p>Nothing.</p></template>
     </sqlite-query>`,
  );
  await expect(page.getByText('Nothing.')).toBeVisible();
  await expect(page.getByRole('heading')).toHaveCount(0);
  await items(page, ['apples', 'pears']);
  await expect(page.getByRole('heading')).toHaveText('2 items');
  const mutations = await observe(page, 'h2');
  await write(page, "INSERT INTO item (id, title) VALUES (3, 'plums')");
  await expect(page.getByRole('heading')).toHaveText('3 items');
  expect(await mutations()).toEqual(['characterData']);
  await write(page, 'DELETE FROM item');
  await expect(page.getByText('Nothing.')).toBeVisible();
  await expect(page.getByRole('heading')).toHaveCount(0);
});

test('a header that asks for what the query has not says so, and is gone when the query fails', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples']);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title FROM item"><template for="header"><h2>{{titel}}</h2></template></sqlite-query>`,
  );
  await expect(page.getByRole('alert')).toContainText('{{titel}} in the text of <h2> is no column');
  const query = page.locator('sqlite-query');
  await query.evaluate((query) => query.setAttribute('sql', 'SELECT title AS titel FROM item'));
  await expect(page.getByRole('heading')).toHaveText('apples');
  await query.evaluate((query) => query.setAttribute('sql', 'SELECT nowhere FROM item'));
  await expect(page.getByRole('alert')).toContainText('no such column');
  await expect(page.getByRole('heading')).toHaveCount(0);
});

test('row-key is key under a name that frameworks leave alone', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  await add(
    page,
    `<sqlite-query id="list" sql="SELECT title, rank FROM item ORDER BY rank" row-key="title"><ul><template><li>{{title}}</li></template></ul></sqlite-query>
     <sqlite-query id="wrong" sql="SELECT title FROM item" row-key="titel"></sqlite-query>`,
  );
  await expect(page.locator('#wrong')).toContainText('row-key="titel" is no column');
  await expect(page.getByRole('listitem')).toHaveText(['apples', 'pears']);
  const apples = await page.getByText('apples').elementHandle();
  await write(page, 'UPDATE item SET rank = -rank');
  await expect(page.getByRole('listitem')).toHaveText(['pears', 'apples']);
  expect(await apples!.evaluate((row) => row.isConnected)).toBe(true);
});

test('a template whose content a framework has appended as children is a template, and what is in it stays inert', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  await page.evaluate(() => {
    const make = (tag: string, attributes: Record<string, string>, ...children: (Node | string)[]) => {
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      element.append(...children);
      return element;
    };
    const inner = make(
      'sqlite-query',
      { sql: 'SELECT rank FROM item WHERE id = :id', 'data-id': '{{id}}' },
      make('template', {}, make('i', {}, '{{rank}}')),
    );
    const row = make('template', {}, make('li', {}, '{{title}} ', inner));
    const outer = make('sqlite-query', { sql: 'SELECT id, title FROM item ORDER BY id' }, make('ul', {}, row));
    document.querySelector('main')!.append(outer);
  });
  await expect(page.getByRole('listitem')).toHaveText(['apples 1', 'pears 2'], { useInnerText: true });
  await expect(page.locator('template sqlite-query')).not.toHaveAttribute('state');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a mark in data-sqlite-… fills the attribute behind it as a mark in that attribute does', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title, rank, rank > 1 AS late, 'javascript:' || title AS script FROM item ORDER BY id">
       <ul><template><li data-open="{{late}}" data-sqlite-class="row {{title}}" data-sqlite-style="order: {{rank}}">
         <input type="checkbox" data-sqlite-checked="{{late}}" /> <input name="field" data-sqlite-value="{{title}}" />
         <textarea data-sqlite-value="{{title}}">Nothing.</textarea>
         <select data-sqlite-value="{{title}}"><option>apples</option><option>pears</option></select>
         <meter max="2" data-sqlite-value="{{rank}}"></meter> <button data-sqlite-disabled="{{late}}">Act</button>
         <a data-sqlite-href="#{{title}}">a</a> <a data-sqlite-href="{{script}}">b</a> <i data-sqlite-hidden="{{late}}">i</i>
         <sqlite-query data-open="{{late}}" data-sqlite-caption="On {{title}}" sql="SELECT :open AS open"></sqlite-query>
       </li></template></ul>
     </sqlite-query>`,
  );
  const rows = page.locator('ul > li');
  await expect(rows).toHaveCount(2);
  const shown = () =>
    rows.evaluateAll((rows) =>
      rows.map((row) => {
        const field = <E extends Element = HTMLInputElement>(selector: string) => row.querySelector<E>(selector)!;
        return {
          names: [row, ...row.querySelectorAll('*')].flatMap((each) =>
            each.getAttributeNames().filter((name) => name.startsWith('data-sqlite')),
          ),
          row: [
            row.className,
            (row as HTMLElement).style.order,
            row.getAttribute('data-open'),
            row.hasAttribute('open'),
          ],
          checked: [field('[type=checkbox]').checked, field('[type=checkbox]').defaultChecked],
          values: [field('[name=field]').value, field('textarea').value, field('select').value],
          others: [field<HTMLMeterElement>('meter').value, field<HTMLButtonElement>('button').disabled],
          links: [...row.querySelectorAll('a')].map((link) => link.getAttribute('href')),
          hidden: field<HTMLElement>('i').hidden,
        };
      }),
    );
  const row = (title: string, rank: number, late: boolean) => ({
    names: [],
    row: [`row ${title}`, String(rank), String(Number(late)), false],
    checked: [late, late],
    values: [title, title, title],
    others: [rank, late],
    links: [`#${title}`, null],
    hidden: late,
  });
  expect(await shown()).toEqual([row('apples', 1, false), row('pears', 2, true)]);
  await expect(rows.getByRole('cell')).toHaveText(['0', '1']);
  await expect(rows.getByRole('table', { name: 'On pears' })).toBeVisible();
  await write(page, "UPDATE item SET rank = 3 - rank, title = iif(title = 'pears', 'apples', 'pears')");
  await expect.poll(shown).toEqual([row('pears', 2, true), row('apples', 1, false)]);
  await expect(rows.getByRole('cell')).toHaveText(['1', '0']);
});

test('data-sqlite-… takes no mark that the attribute behind it would not take', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples']);
  for (const [element, refused] of [
    [
      '<button data-sqlite-onclick="{{title}}">',
      'data-sqlite-onclick of <button> takes no {{marks}}: it would turn data',
    ],
    [
      '<iframe data-sqlite-srcdoc="{{title}}">',
      'data-sqlite-srcdoc of <iframe> takes no {{marks}}: it would turn data',
    ],
    [
      '<sqlite-query data-sqlite-sql="{{title}}">',
      'data-sqlite-sql of <sqlite-query> takes no {{marks}}: it would turn',
    ],
    ['<script data-sqlite-src="{{title}}">', 'data-sqlite-src of <script> takes no {{marks}}: what stands in it'],
    ['<b data-sqlite-checked="{{titel}}">', '{{titel}} in the attribute data-sqlite-checked of <b> is no column'],
  ] as const) {
    await page.locator('main').evaluate((main) => main.replaceChildren());
    const tag = /\w[\w-]*/.exec(element)![0];
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item"><template>${element}</${tag}></template></sqlite-query>`,
    );
    await expect(page.locator('main > sqlite-query [role=alert]')).toContainText(refused);
  }
});

test('a field shows its row although its options, too, are filled from it', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  const list = (name: string) => `<sqlite-query sql="SELECT id, title, 'n' || id AS other FROM item ORDER BY id">
    <ul><template><li><select aria-label="Kind" ${name}="{{title}}">
      <option value="{{other}}">other</option><option value="{{title}}">this</option></select></li></template></ul></sqlite-query>`;
  await add(page, list('value') + list('data-sqlite-value'));
  const values = () =>
    page.locator('select').evaluateAll((all) => all.map((each) => (each as HTMLSelectElement).value));
  await expect.poll(values).toEqual(['apples', 'pears', 'apples', 'pears']);
  await write(page, "UPDATE item SET title = title || '!'");
  await expect.poll(values).toEqual(['apples!', 'pears!', 'apples!', 'pears!']);
});

test('a template may say what it is for by htmlFor, as JSX writes for', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title FROM item">
       <template htmlFor="empty"><p>Nothing.</p></template><ul><template><li>{{title}}</li></template></ul>
     </sqlite-query>`,
  );
  await expect(page.getByText('Nothing.')).toBeVisible();
  await items(page, ['apples']);
  await expect(page.getByRole('listitem')).toHaveText(['apples']);
  await expect(page.getByText('Nothing.')).toHaveCount(0);
});

test('what is cloned shows each row once, with what its author wrote', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  await add(
    page,
    `<div id="original">
       <sqlite-query sql="SELECT id, title FROM item">
         <template for="header"><h2>Items</h2></template>
         <ul><template><li>{{title}}</li></template><li>and more</li></ul></sqlite-query>
       <sqlite-query sql="SELECT id FROM item WHERE 0"><template for="empty"><p>Nothing.</p></template></sqlite-query>
       <sqlite-query sql="SELECT title FROM item"></sqlite-query>
       <sqlite-query sql="wrong"></sqlite-query>
     </div><div id="copy"></div>`,
  );
  const shown = async (id: string) => {
    const [lists, headings, empty, cells, alerts] = ['li', 'h2', 'p:not([role])', 'td', '[role=alert]'].map((what) =>
      page.locator(`#${id} ${what}`).allTextContents(),
    );
    return {
      lists: await lists,
      headings: await headings,
      empty: await empty,
      cells: await cells,
      alerts: await alerts,
    };
  };
  const expected = {
    lists: ['apples', 'pears', 'and more'],
    headings: ['Items'],
    empty: ['Nothing.'],
    cells: ['apples', 'pears'],
    alerts: ['near "wrong": syntax error (line 1, column 1)'],
  };
  await expect.poll(() => shown('original')).toEqual(expected);
  await page.evaluate(() => {
    const copy = document.querySelector('#original')!.cloneNode(true) as Element;
    document.querySelector('#copy')!.append(...copy.children);
  });
  await write(page, "INSERT INTO item (id, title) VALUES (3, 'plums')");
  const then = { ...expected, lists: ['apples', 'pears', 'plums', 'and more'], cells: ['apples', 'pears', 'plums'] };
  for (const id of ['original', 'copy']) await expect.poll(() => shown(id), id).toEqual(then);
});

test.describe('transition', () => {
  const list = `<sqlite-query transition sql="SELECT id, title FROM item ORDER BY id"><ul><template><li style="view-transition-name: item-{{id}}">{{title}}</li></template></ul></sqlite-query>`;

  test('shows changes as one view transition, for all queries that change', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['apples', 'pears']);
    await page.evaluate(() => {
      const start = document.startViewTransition.bind(document);
      document.startViewTransition = (update) => {
        document.body.dataset.transitions = String(Number(document.body.dataset.transitions ?? 0) + 1);
        return start(update);
      };
    });
    await add(page, list + list.replaceAll('item-', 'other-'));
    await expect(page.getByRole('listitem')).toHaveText(['apples', 'pears', 'apples', 'pears']);
    await expect(page.locator('body')).not.toHaveAttribute('data-transitions');
    await write(page, "UPDATE item SET title = 'plums' WHERE id = 1");
    await expect(page.getByRole('listitem')).toHaveText(['plums', 'pears', 'plums', 'pears']);
    await expect(page.locator('body')).toHaveAttribute('data-transitions', '1');
  });

  test('is none where people want no motion', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await items(page, ['apples']);
    await add(page, list);
    await expect(page.getByRole('listitem')).toHaveText(['apples']);
    await page.evaluate(() => {
      document.startViewTransition = () => {
        throw new Error('no motion is wanted');
      };
    });
    await write(page, "UPDATE item SET title = 'plums'");
    await expect(page.getByRole('listitem')).toHaveText(['plums']);
  });
});
