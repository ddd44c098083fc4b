// Formats of marks: how a cell reads in the language of the page. Also fields that may have several values.
import { add, opened } from './support/elements.ts';
import { write } from './support/database.ts';
import { expect, test } from './support/test.ts';

/** The texts as Intl makes them. Its narrow blanks become ordinary ones. */
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

test('what is no number and no time stands as it is, in every language', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await write(page, 'CREATE TABLE odd (id INTEGER PRIMARY KEY, v)');
  const odd = [
    '',
    ' ',
    'n/a',
    'ask us',
    '0x10',
    'Infinity',
    '1e999',
    '12,5',
    '2026-02-30',
    '2026-13-01',
    '24:00',
    '1 2',
  ];
  for (const value of odd) await write(page, 'INSERT INTO odd (v) VALUES (?)', [value]);
  await write(page, "INSERT INTO odd (v) VALUES (NULL), (x'00')");
  const kinds = [
    'number',
    'number 2',
    'percent',
    'currency EUR',
    'compact',
    'bytes',
    'date',
    'time',
    'datetime',
    'relative',
  ];
  for (const lang of ['en', 'de', 'ru', 'fi', 'ar', 'lv', 'zh-Hant', 'kk', 'fa', '']) {
    await page.locator('main').evaluate((main) => main.replaceChildren());
    const row = kinds.map((kind) => `<b>{{v | ${kind}}}</b>`).join('');
    await add(
      page,
      `<div lang="${lang}"><sqlite-query sql="SELECT id, v FROM odd ORDER BY id"><template><p>${row}</p></template></sqlite-query></div>`,
    );
    await expect(page.locator('p')).toHaveCount(odd.length + 2);
    const shown = await page
      .locator('p')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((b) => b.textContent)));
    expect(shown, lang).toEqual([...odd, '', '[1 bytes]'].map((text) => kinds.map(() => text)));
  }
});

test('a number keeps all its digits, also beyond 2⁵³ and where it is a text', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const row = ['n', 'n', 'least', 'text', 'small'].map(
    (name, at) => `<b>{{${name} | ${at === 1 ? 'currency EUR' : 'number'}}}</b>`,
  );
  await add(
    page,
    `<div lang="en"><sqlite-query sql="SELECT 9007199254740993 AS n, -9223372036854775808 AS least,
      '12345678901234567890.25' AS text, ' 1e3 ' AS small"><template><p>${row.join('')}</p></template></sqlite-query></div>`,
  );
  await expect(page.locator('b')).toHaveText([
    '9,007,199,254,740,993',
    '€9,007,199,254,740,993.00',
    '-9,223,372,036,854,775,808',
    '12,345,678,901,234,567,890.25',
    '1,000',
  ]);
});

test('a language that is misspelt is warned of once, with the right spelling, and understood', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  const warnings: string[] = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  await write(page, "INSERT INTO item (title) VALUES ('b'), ('a')");
  const shows = (lang: string) =>
    `<div lang="${lang}"><sqlite-query sql="SELECT id, 1234.5 AS n, '2026-01-31' AS day FROM item"><template><p>{{n | number}} {{n | currency EUR}} {{day | date}} {{day | relative}}</p></template></sqlite-query></div>`;
  await add(page, shows('de_DE') + shows('de_DE') + shows('en_US.UTF-8') + shows('what?'));
  await expect(page.locator('p')).toHaveCount(8);
  await expect(page.locator('p').first()).toHaveText(/^1\.234,5 1\.234,50\s€ 31\.01\.2026 vor/);
  await expect(page.locator('p').nth(4)).toHaveText(/^1,234\.5 €1,234\.50 Jan 31, 2026 /);
  await expect(page.locator('p').last()).toHaveText(/^1,234\.5 /);
  expect(warnings).toHaveLength(3);
  for (const [at, said] of ['lang="de_DE"', 'lang="en_US.UTF-8"', 'lang="what?"'].entries())
    expect(warnings[at]).toContain(said);
  expect(warnings.map((text) => /write lang="(.*?)"|lang="en" or/.exec(text)?.[1])).toEqual([
    'de-DE',
    'en-US',
    undefined,
  ]);

  // The order of a table is that of the page's language.
  await page.evaluate(() => (document.documentElement.lang = 'en_US'));
  await add(page, '<sqlite-query sql="SELECT title FROM item"></sqlite-query>');
  await page.getByRole('button', { name: 'title' }).click();
  await expect(page.getByRole('cell')).toHaveText(['a', 'b']);
  expect(warnings).toHaveLength(4);
});

test('a relative time is counted on while the page stands open', async ({ chromium, fixtures }) => {
  const page = await chromium.newTab();
  await page.clock.install({ time: '2026-01-31T12:00:30Z' });
  await page.goto(fixtures.at('elements.html'));
  await add(
    page,
    `<div lang="en"><sqlite-query sql="SELECT '2026-01-31 12:00:00' AS at"><template for="header"><b>{{at | relative}}</b></template><template><b>{{at | relative}}</b></template></sqlite-query></div>`,
  );
  await expect(page.locator('b')).toHaveText([/^3\d seconds ago$/, /^3\d seconds ago$/]);
  await page.clock.fastForward('02:00');
  await expect(page.locator('b'), 'in the header too').toHaveText(['2 minutes ago', '2 minutes ago']);
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
  await expect(page.locator('b')).toHaveText('["a \\"b\\"",2] ["mon"] 1');
  await expect(page.locator('i')).toHaveText(['a "b" text', '2 integer']);
});
