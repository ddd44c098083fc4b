// Texts that people edit in place: `contenteditable` in a <sqlite-write>.
import { type Page } from '@playwright/test';
import { type Browser } from './support/browser.ts';
import { write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { type Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

const editor = (attributes = '') =>
  `<sqlite-query sql="SELECT id, title FROM item ORDER BY id" key="id"><ul><template><li>
     <sqlite-write sql="UPDATE item SET title = :title, done = iif(:title = 'refused', NULL, 0) WHERE id = :id" data-id="{{id}}">
       <b contenteditable data-name="title" role="textbox" aria-label="Title {{id}}" ${attributes}>{{title}}</b>
     </sqlite-write></li></template></ul></sqlite-query>`;

async function editing(chromium: Browser, fixtures: Origin, attributes?: string): Promise<Page> {
  const page = await opened(chromium, fixtures);
  await items(page, ['apples', 'pears']);
  await add(page, editor(attributes));
  await expect(page.getByRole('textbox')).toHaveText(['apples', 'pears']);
  return page;
}

const stored = (page: Page) =>
  page.evaluate(async () => {
    const { database } = document.querySelector('sqlite-db')!;
    return (await database!.query('SELECT title FROM item ORDER BY id')).rows.map(({ title }) => title);
  });

test('a text that was changed is written when the focus leaves it, and another tab shows it', async ({
  chromium,
  fixtures,
}) => {
  const page = await editing(chromium, fixtures);
  const other = await opened(chromium, fixtures);
  await add(other, editor());
  const field = page.getByRole('textbox', { name: 'Title 1' });
  await field.fill('plums & <b>figs</b>');
  expect(await stored(page)).toEqual(['apples', 'pears']);
  await page.getByRole('textbox', { name: 'Title 2' }).focus();
  await expect(other.getByRole('textbox')).toHaveText(['plums & <b>figs</b>', 'pears']);
  await expect(field).toHaveText('plums & <b>figs</b>');
  await field.fill('');
  await field.blur();
  await expect(other.getByRole('textbox')).toHaveText(['', 'pears']);
  await field.fill('again');
  await field.blur();
  await expect(other.getByRole('textbox')).toHaveText(['again', 'pears']);
});

test('Enter writes and makes no line, Escape brings back what is stored', async ({ chromium, fixtures }) => {
  const page = await editing(chromium, fixtures);
  const field = page.getByRole('textbox', { name: 'Title 1' });
  await field.fill('plums');
  await field.press('Enter');
  await expect.poll(() => stored(page)).toEqual(['plums', 'pears']);
  await expect(field).toBeFocused();
  expect(await field.innerText()).toBe('plums');
  await field.fill('not this');
  await field.press('Escape');
  await expect(field).toHaveText('plums');
  await field.blur();
  await write(page, "UPDATE item SET title = 'figs' WHERE id = 1");
  await expect(field).toHaveText('figs');
});

test('Enter makes a line where there may be several, and the lines are stored', async ({ chromium, fixtures }) => {
  const page = await editing(chromium, fixtures, 'aria-multiline="true" style="white-space: pre-wrap"');
  const field = page.getByRole('textbox', { name: 'Title 1' });
  await field.focus();
  await field.press('End');
  await field.press('Enter');
  await field.pressSequentially('and figs');
  await field.blur();
  await expect.poll(() => stored(page)).toEqual(['apples\nand figs', 'pears']);
  await expect.poll(() => field.innerText()).toBe('apples\nand figs');
});

test('what somebody is typing is not overwritten, what they left alone is', async ({ chromium, fixtures }) => {
  const page = await editing(chromium, fixtures);
  const [first, second] = [page.getByRole('textbox').first(), page.getByRole('textbox').last()];
  await first.pressSequentially('my ');
  await write(page, "UPDATE item SET title = title || ' of another tab'");
  await expect(second).toHaveText('pears of another tab');
  await expect(first).toHaveText('my apples');
  await first.press('Escape');
  await expect(first).toHaveText('apples of another tab');
  await write(page, "UPDATE item SET title = 'plums' WHERE id = 1");
  await expect(first).toHaveText('plums');
});

test('a text that is refused stays, with the reason beside it, and is written when it is corrected', async ({
  chromium,
  fixtures,
}) => {
  const page = await editing(chromium, fixtures);
  const field = page.getByRole('textbox', { name: 'Title 1' });
  await field.fill('refused');
  await field.blur();
  const entry = page.getByRole('listitem').first();
  await expect(entry.getByRole('alert')).toContainText('NOT NULL constraint failed');
  await expect(field).toHaveText('refused');
  await field.fill('plums');
  await field.blur();
  await expect(entry.getByRole('alert')).toHaveCount(0);
  expect(await stored(page)).toEqual(['plums', 'pears']);
});

test('what is edited in its place is one text: elements in it are refused', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-query sql="SELECT 1 AS id"><template><p contenteditable>{{id}} <b>x</b></p></template></sqlite-query>`,
  );
  await expect(page.getByRole('alert')).toContainText('what is edited in its place is one text');
});
