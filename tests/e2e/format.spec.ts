// Formats of marks: how a cell reads in the language of the page; and fields that may have several values.
import { add, opened } from './support/elements.ts';
import { write } from './support/database.ts';
import { expect, test } from './support/test.ts';

/** As Intl puts it, with its narrow blanks. */
const texts = async (page: import('@playwright/test').Page) =>
  (await page.locator('b').allTextContents()).map((text) => text.replaceAll(/\s/g, ' '));

const marks = [
  '{{n | number}}',
  '{{n | number 2}}',
  '{{share | percent}}',
  '{{n | currency EUR}}',
  '{{n | compact}}',
  '{{size | bytes}}',
  '{{day | date long}}',
  '{{text | number}}',
  '{{missing | date}}',
];
const query = (
  lang: string,
) => `<div lang="${lang}"><sqlite-query sql="SELECT 1234.5 AS n, 0.256 AS share, 1500000 AS size,
  '2026-01-31' AS day, 'no number' AS text, NULL AS missing"><template><p>${marks.map((mark) => `<b>${mark}</b>`).join('')}</p></template></sqlite-query></div>`;

test('formats follow the language around the query, and leave what they cannot format', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await add(page, query('en') + query('de'));
  await expect(page.locator('b')).toHaveCount(2 * marks.length);
  expect(await texts(page)).toEqual([
    '1,234.5',
    '1,234.50',
    '26%',
    '€1,234.50',
    '1.2K',
    '1.5 MB',
    'January 31, 2026',
    'no number',
    '',
    '1.234,5',
    '1.234,50',
    '26 %',
    '1.234,50 €',
    '1235',
    '1,5 MB',
    '31. Januar 2026',
    'no number',
    '',
  ]);
});

test('a relative time is counted on while the page stands open', async ({ chromium, fixtures }) => {
  const page = await chromium.newTab();
  await page.clock.install({ time: '2026-01-31T12:00:30Z' });
  await page.goto(fixtures.at('elements.html'));
  await add(
    page,
    `<div lang="en"><sqlite-query sql="SELECT '2026-01-31 12:00:00' AS at"><template><b>{{at | relative}}</b></template></sqlite-query></div>`,
  );
  await expect(page.locator('b')).toHaveText(/^3\d seconds ago$/);
  await page.clock.fastForward('02:00');
  await expect(page.locator('b')).toHaveText('2 minutes ago');
});

test('a format that is none is named in place, with those there are', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, `<sqlite-query sql="SELECT 1 AS n"><template><b>{{n | nmber}}</b></template></sqlite-query>`);
  await expect(page.getByRole('alert')).toContainText('nmber is no format; there are: number, percent');
});

test('a select of several options and checkboxes of one name are JSON arrays', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await write(page, 'CREATE TABLE chosen (kinds TEXT, days TEXT, done INTEGER)');
  await add(
    page,
    `<sqlite-write sql="INSERT INTO chosen VALUES (:kinds, :days, :done)"><form>
       <select name="kinds" multiple><option selected>a "b"</option><option value="2" selected>Two</option><option>c</option></select>
       <input type="checkbox" name="days" value="mon" checked /><input type="checkbox" name="days" value="tue" />
       <input type="checkbox" name="done" checked /><button>Save</button></form></sqlite-write>
     <sqlite-query sql="SELECT kinds, days, done FROM chosen"><template><b>{{kinds}} {{days}} {{done}}</b></template></sqlite-query>
     <sqlite-query id="each" sql="SELECT value, typeof(value) AS type FROM chosen, json_each(kinds)"><template><i>{{value}} {{type}}</i></template></sqlite-query>`,
  );
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('b')).toHaveText('["a \"b\"",2] ["mon"] 1'.replace('a "b"', 'a \\"b\\"'));
  await expect(page.locator('i')).toHaveText(['a "b" text', '2 integer']);
});
