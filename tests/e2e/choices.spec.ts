// What a `<select>` shows and stores if its options are rows, or if its choice is a column.
import { type Page } from '@playwright/test';
import { rowsOf, write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

const value = (page: Page, name: string) =>
  page.locator(`[name=${name}]`).evaluate((it: HTMLSelectElement) => it.value);
const chosen = (page: Page, name: string) =>
  page.locator(`[name=${name}]`).evaluate((it: HTMLSelectElement) => [...it.selectedOptions].map(({ value }) => value));
const refresh = (page: Page) =>
  page.evaluate(() => Promise.all([...document.querySelectorAll('sqlite-query')].map((query) => query.refresh())));
const save = (page: Page) => page.getByRole('button', { name: 'Save' }).click();

const option = '<template><option value="{{id}}">{{title}}</option></template>';
const titles = (count: number) => Array.from({ length: count }, (_, at) => `no ${at + 1}`);

for (const count of [1, 2, 5, 20]) {
  test(`of ${count} options that are rows the first is chosen, or the one that says so, and that is what is stored`, async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, titles(count));
    const own = Math.min(2, count);
    await add(
      page,
      `<sqlite-write keep sql="INSERT INTO kept (a, b, c, d) VALUES (:a, :b, :c, :d)"><form>
         <sqlite-query sql="SELECT id, title FROM item"><select name="a">${option}</select></sqlite-query>
         <sqlite-query sql="SELECT id, title FROM item"><select name="b"><option value="">none</option>${option}</select></sqlite-query>
         <sqlite-query sql="SELECT id, title, id = ${own} AS own FROM item"><select name="c">
           <template><option value="{{id}}" selected="{{own}}">{{title}}</option></template></select></sqlite-query>
         <sqlite-query sql="SELECT id, title, id = 1 AS off FROM item"><select name="d"><option value="x" disabled>choose</option>
           <template><option value="{{id}}" disabled="{{off}}">{{title}}</option></template></select></sqlite-query>
         <button>Save</button></form></sqlite-write>`,
    );
    await expect(page.locator('option')).toHaveCount(4 * count + 2);
    await save(page);
    const enabled = count > 1 ? 2 : null;
    await expect
      .poll(() => rowsOf(page, 'SELECT a, b, c, d FROM kept'))
      .toEqual([{ a: 1, b: null, c: own, d: enabled }]);
    await page.locator('[name=a]').selectOption(String(count));
    await refresh(page);
    expect(await value(page, 'a')).toBe(String(count));
  });
}

test('a choice is a value: it stays when rows come before it, and goes with its row', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['b', 'c', 'd']);
  // Without a key, rows are told apart by their position.
  await add(
    page,
    `<sqlite-query sql="SELECT title FROM item ORDER BY title"><select name="a"><template><option>{{title}}</option></template></select></sqlite-query>
     <sqlite-query sql="SELECT title FROM item ORDER BY title"><select name="b" multiple><template><option>{{title}}</option></template></select></sqlite-query>`,
  );
  await expect(page.locator('option')).toHaveCount(6);
  await page.locator('[name=a]').selectOption('c');
  await page.locator('[name=b]').selectOption(['b', 'd']);
  await write(page, "INSERT INTO item (title) VALUES ('a')");
  await expect(page.locator('option')).toHaveCount(8);
  expect([await value(page, 'a'), await chosen(page, 'b')]).toEqual(['c', ['b', 'd']]);
  await write(page, "DELETE FROM item WHERE title IN ('c', 'd')");
  await expect(page.locator('option')).toHaveCount(4);
  expect([await value(page, 'a'), await chosen(page, 'b')]).toEqual(['a', ['b']]);
});

const lists = `<sqlite-query sql="SELECT rank AS id, title FROM item WHERE rank IS NOT NULL ORDER BY rank">`;
const rows = (attributes = '', column = 'a') => `
  <sqlite-query sql="SELECT rowid AS id, a, b FROM kept ORDER BY rowid"><ul><template><li>
    <sqlite-write sql="UPDATE kept SET ${column} = :chosen WHERE rowid = :id" data-id="{{id}}"><form>
      ${lists}<select name="chosen" ${attributes} value="{{${column}}}"><template><option value="{{id}}">{{title}}</option></template></select></sqlite-query>
      <button>Save</button></form></sqlite-write></li></template></ul></sqlite-query>`;

test('what a row chooses is shown when its options come later, and saving it changes nothing', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, titles(4));
  await write(page, 'INSERT INTO kept (a) VALUES (3), (1), (NULL), (9)');
  await add(page, rows());
  await expect(page.locator('option')).toHaveCount(16);
  const shown = () => page.locator('select').evaluateAll((all) => all.map((it) => (it as HTMLSelectElement).value));
  // Two of them have no option for their value, so they show none.
  expect(await shown()).toEqual(['3', '1', '', '']);
  for (const at of [0, 1, 2]) {
    await page.getByRole('button').nth(at).click();
    await expect(page.getByRole('button').nth(at)).toBeEnabled();
  }
  expect(await rowsOf(page, 'SELECT a FROM kept')).toEqual([{ a: 3 }, { a: 1 }, { a: null }, { a: 9 }]);
  await page.locator('select').nth(1).selectOption('4');
  await page.getByRole('button').nth(1).click();
  await expect.poll(() => rowsOf(page, 'SELECT a FROM kept WHERE rowid = 2')).toEqual([{ a: 4 }]);
  // After its write, the form is reset to the stored value, and not to the first option.
  await refresh(page);
  expect(await shown()).toEqual(['3', '4', '', '']);
  await write(page, 'INSERT INTO item (title, rank) VALUES (?, ?)', ['no 9', 9]);
  await expect.poll(shown).toEqual(['3', '4', '', '9']);
  await write(page, 'UPDATE kept SET a = 2 WHERE rowid = 1');
  await expect.poll(shown).toEqual(['2', '4', '', '9']);
});

test('several choices of a row are a JSON array, shown when their options come later', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await items(page, titles(4));
  await write(page, "INSERT INTO kept (b) VALUES ('[2,4]'), (NULL), ('[]'), ('3')");
  await add(page, rows('multiple', 'b'));
  await expect(page.locator('option')).toHaveCount(16);
  const shown = () =>
    page
      .locator('select')
      .evaluateAll((all) => all.map((it) => [...(it as HTMLSelectElement).selectedOptions].map(({ value }) => value)));
  expect(await shown()).toEqual([['2', '4'], [], [], ['3']]);
  await page.getByRole('button').first().click();
  await expect(page.getByRole('button').first()).toBeEnabled();
  expect(await rowsOf(page, 'SELECT b FROM kept WHERE rowid = 1')).toEqual([{ b: '[2,4]' }]);
});

test('who is choosing keeps the choice while another tab changes the row or the options', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  const other = await opened(chromium, fixtures);
  await items(page, titles(4));
  await write(page, 'INSERT INTO kept (a) VALUES (3)');
  await add(page, rows());
  const select = page.locator('select');
  await expect(page.locator('option')).toHaveCount(4);
  await select.focus();
  await select.selectOption('2');
  await write(other, 'UPDATE kept SET a = 1');
  await write(other, "UPDATE item SET title = 'new' WHERE id = 1");
  await expect(page.locator('option').first()).toHaveText('new');
  expect(await select.evaluate((it: HTMLSelectElement) => it.value)).toBe('2');
  // If the person leaves it alone, it shows the stored value.
  await page.locator('form').evaluate((form: HTMLFormElement) => form.reset());
  expect(await select.evaluate((it: HTMLSelectElement) => it.value)).toBe('1');
});

test('a bounded field shows the value of its row, wherever the bounds are written', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-query sql="SELECT 150 AS v, 100 AS low, 200 AS high, 5 AS step, 'range' AS kind, '#ff0000' AS colour"><template>
       <input name="a" type="range" value="{{v}}" min="{{low}}" max="{{high}}" step="{{step}}">
       <input name="b" value="{{v}}" type="{{kind}}" max="{{high}}">
       <input name="c" value="{{colour}}" type="color">
       <select name="d" value="{{v}}"><option value="{{low}}">low</option><option value="{{v}}">now</option></select></template></sqlite-query>`,
  );
  await expect(page.locator('[name=a]')).toHaveValue('150');
  await expect(page.locator('[name=b]')).toHaveValue('150');
  await expect(page.locator('[name=c]')).toHaveValue('#ff0000');
  await expect(page.locator('[name=d]')).toHaveValue('150');
});
