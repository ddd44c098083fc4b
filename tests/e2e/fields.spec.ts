// The values of a write's fields: several with one name, checkboxes, radio buttons, and values that HTML itself calls
// invalid.
import { type Page } from '@playwright/test';
import { rowsOf, write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

const save = async (page: Page) => {
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Save' })).toBeEnabled();
};
/** The row that was stored last. */
const stored = async (page: Page) =>
  (await rowsOf(page, 'SELECT a, typeof(a) AS t FROM kept ORDER BY rowid DESC LIMIT 1'))[0];

for (const count of [1, 2, 3]) {
  test(`of ${count} boxes that a query in the form renders, the ticked ones are a list`, async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one', 'two', 'three'].slice(0, count));
    await add(
      page,
      `<sqlite-write keep sql="INSERT INTO kept (a) VALUES (:tags)"><form>
         <sqlite-query sql="SELECT id, title FROM item"><template><label><input type="checkbox" name="tags" value="{{id}}">{{title}}</label></template></sqlite-query>
         <button>Save</button></form></sqlite-write>`,
    );
    await page.getByLabel('one').check();
    await save(page);
    expect(await stored(page)).toEqual({ a: '[1]', t: 'text' });
    await page.getByLabel('one').uncheck();
    await save(page);
    expect(await stored(page)).toEqual({ a: '[]', t: 'text' });
  });
}

for (const [what, fields, said] of [
  ['one box', '<input type="checkbox" name="a" value="yes" checked>', 1],
  ['one box that is not ticked', '<input type="checkbox" name="a">', 0],
  [
    'several boxes',
    '<input type="checkbox" name="a" value="1" checked><input type="checkbox" name="a" value="02" checked>',
    '[1,"02"]',
  ],
  [
    'a box with a hidden field beside it',
    '<input type="hidden" name="a" value="0"><input type="checkbox" name="a">',
    0,
  ],
  [
    'several texts',
    '<input name="a" value="x &quot;y&quot;"><input name="a" value="12"><textarea name="a">z</textarea>',
    '["x \\"y\\"","12","z"]',
  ],
  [
    'several numbers',
    '<input type="number" name="a" value="1.50"><input type="number" name="a"><input type="number" name="a" value="3">',
    '[1.5,null,3]',
  ],
  [
    'several of which one is off',
    '<input name="a" value="x"><fieldset disabled><input name="a" value="y"></fieldset>',
    'x',
  ],
  [
    'hidden fields',
    '<input type="hidden" name="a" value="9007199254740993"><input type="hidden" name="a" value="7">',
    '[9007199254740993,7]',
  ],
  [
    'large integers in boxes',
    '<input type="checkbox" name="a" value="9223372036854775807" checked><input type="checkbox" name="a" value="2">',
    '[9223372036854775807]',
  ],
  ['radio buttons', '<input type="radio" name="a" value="10"><input type="radio" name="a" value="20" checked>', 20],
  [
    'radio buttons of which none is on',
    '<input type="radio" name="a" value="10"><input type="radio" name="a" value="20">',
    null,
  ],
] as const) {
  test(`${what} of one name: ${JSON.stringify(said)} is stored`, async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    const sql = 'INSERT INTO kept (a) VALUES (:a)';
    await add(page, `<sqlite-write sql="${sql}"><form>${fields}<button>Save</button></form></sqlite-write>`);
    await save(page);
    expect((await stored(page))!.a).toEqual(said);
    await page.locator('main sqlite-write').evaluate((it) => it.remove());
    await add(page, `<sqlite-write sql="${sql}">${fields}<button>Save</button></sqlite-write>`);
    await write(page, 'DELETE FROM kept');
    await save(page);
    expect((await stored(page))!.a).toEqual(said);
  });
}

test('several chosen files are refused, and nothing is written', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-write sql="INSERT INTO kept (a) VALUES (:a)"><form><input type="file" name="a" multiple aria-label="Files"><button>Save</button></form></sqlite-write>`,
  );
  const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) });
  await page.getByLabel('Files').setInputFiles([file('one'), file('two')]);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('a field and a name of its own');
  expect(await rowsOf(page, 'SELECT count(*) AS n FROM kept')).toEqual([{ n: 0 }]);
});

test('radio buttons of one row are a group of their own', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['one', 'two', 'three']);
  const radio = (rank: number) =>
    `<label><input type="radio" name="rank" value="${rank}" checked="{{is${rank}}}">${rank}</label>`;
  await add(
    page,
    `<sqlite-query sql="SELECT id, rank = 1 AS is1, rank = 2 AS is2, rank = 3 AS is3 FROM item ORDER BY id"><ul><template><li>
       <sqlite-write sql="UPDATE item SET rank = :rank WHERE id = :id" data-id="{{id}}">${radio(1)}${radio(2)}${radio(3)}</sqlite-write></li></template></ul></sqlite-query>`,
  );
  const on = () =>
    page
      .locator('li')
      .evaluateAll((rows) => rows.map((row) => row.querySelector<HTMLInputElement>('input:checked')?.value));
  await expect.poll(on).toEqual(['1', '2', '3']);
  await page.locator('li').nth(2).getByLabel('1').check();
  await expect
    .poll(() => rowsOf(page, 'SELECT rank FROM item ORDER BY id'))
    .toEqual([{ rank: 1 }, { rank: 2 }, { rank: 1 }]);
  expect(await on()).toEqual(['1', '2', '1']);
  const address = page.url();
  await page.locator('li').nth(2).getByLabel('1').press('Enter');
  await page.locator('li').nth(0).getByLabel('1').press('ArrowDown');
  await expect
    .poll(() => rowsOf(page, 'SELECT rank FROM item ORDER BY id'))
    .toEqual([{ rank: 2 }, { rank: 2 }, { rank: 1 }]);
  expect(await on()).toEqual(['2', '2', '1']);
  expect(page.url()).toBe(address);
});

test('one radio button in each row is a choice among the rows', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await items(page, ['one', 'two', 'three']);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title FROM item"><template><label><input type="radio" name="pick" value="{{id}}">{{title}}</label></template></sqlite-query>`,
  );
  await page.getByLabel('one').check();
  await page.getByLabel('three').check();
  expect(
    await page.locator('input:checked').evaluateAll((all) => all.map((it) => (it as HTMLInputElement).value)),
  ).toEqual(['3']);
});

test.describe('without a form', () => {
  const field = (attributes: string) =>
    `<sqlite-query sql="SELECT rowid AS id, a FROM kept"><template>
       <sqlite-write sql="UPDATE kept SET a = :a WHERE rowid = :id" data-id="{{id}}"><input name="a" aria-label="Field" ${attributes} value="{{a}}"></sqlite-write>
     </template></sqlite-query>`;

  for (const [attributes, valid, wrong] of [
    ['type="number" min="1" max="99"', '15', '500'],
    ['type="number"', '15', '1e'],
    ['type="number" step="5"', '15', '16'],
    ['required', 'pear', ''],
    ['minlength="3"', 'pear', 'pe'],
    ['pattern="[a-z]+"', 'pear', 'PEAR'],
    ['type="email"', 'a@b.c', 'no address'],
    ['type="url"', 'https://a.b', 'a b'],
  ] as const) {
    test(`what a field with ${attributes} calls invalid is said and not written`, async ({ chromium, fixtures }) => {
      const page = await opened(chromium, fixtures);
      await write(page, 'INSERT INTO kept (a) VALUES (?)', [valid]);
      // A field for the focus to go to: otherwise the Tab key leaves the page.
      await add(page, `${field(attributes)}<input aria-label="Next">`);
      const box = page.getByLabel('Field');
      await expect(box).toHaveValue(valid);
      const said = box.evaluate((it) => new Promise((heard) => it.addEventListener('invalid', () => heard('invalid'))));
      await box.press('Control+A');
      await box.press('Delete');
      if (wrong) await box.pressSequentially(wrong);
      await box.press('Tab');
      expect(await said).toBe('invalid');
      await write(page, 'INSERT INTO item (title) VALUES (1)');
      expect((await stored(page))!.a).toBe(valid);
      // After a correction, the value is written.
      await box.fill(valid.replace('15', '20').replace('pear', 'figs'));
      await box.press('Tab');
      await expect
        .poll(async () => String((await stored(page))!.a))
        .toBe(valid.replace('15', '20').replace('pear', 'figs'));
    });
  }

  test('a button asks all fields first, unless it says that it does not', async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(
      page,
      `<sqlite-write sql="INSERT INTO kept (a) VALUES (:a)"><input name="a" required><button>Save</button><button formnovalidate>Draft</button></sqlite-write>`,
    );
    const said = page
      .locator('[name=a]')
      .evaluate((it) => new Promise((heard) => it.addEventListener('invalid', () => heard('invalid'))));
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await said).toBe('invalid');
    await page.getByRole('button', { name: 'Draft' }).click();
    await expect.poll(() => rowsOf(page, 'SELECT a FROM kept')).toEqual([{ a: '' }]);
  });
});
