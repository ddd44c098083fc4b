// A form's fields hide the form's own properties and methods, and a document's forms hide those of the document. The
// library does not ask forms and documents through their own properties.
import { type Page } from '@playwright/test';
import { rowsOf, write } from './support/database.ts';
import { add, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

const names = [
  ...['contains', 'closest', 'getRootNode', 'querySelectorAll', 'querySelector', 'localName', 'nodeName', 'nodeType'],
  ...['parentNode', 'childNodes', 'firstChild', 'nextSibling', 'ownerDocument', 'isConnected', 'matches', 'elements'],
  ...['getAttribute', 'hasAttribute', 'setAttribute', 'removeAttribute', 'getAttributeNames', 'attributes', 'style'],
  ...['insertBefore', 'appendChild', 'removeChild', 'remove', 'cloneNode', 'addEventListener', 'dispatchEvent', 'form'],
  ...[
    'reset',
    'submit',
    'requestSubmit',
    'method',
    'action',
    'id',
    'name',
    'length',
    'constructor',
    'then',
    'toString',
  ],
];

/**
 * The texts of all elements that match a selector. Playwright's own locators call a form's methods on the form itself.
 */
const shown = (page: Page, selector: string) =>
  page.evaluate((selector) => [...document.querySelectorAll(selector)].map((it) => it.textContent), selector);

for (const name of names) {
  test(`a form with a field called ${name} filters, writes, is a row, and holds rows`, async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await write(page, "INSERT INTO kept (a) VALUES ('stored')");
    await add(
      page,
      `<form id="search"><input name="${name}" class="search" value="a"></form>
       <sqlite-query form="search" sql="SELECT :${name} AS v"><template><i>{{v}}</i></template></sqlite-query>
       <sqlite-write sql="INSERT INTO item (title) VALUES (:${name})"><form><input name="${name}" value="w"><button>Go</button></form></sqlite-write>
       <sqlite-query sql="SELECT a FROM kept"><template><form title="{{a}}" style="width: {{a}}"><input name="${name}" class="row" value="{{a}}"><b>{{a}}</b></form></template></sqlite-query>
       <sqlite-query sql="SELECT a FROM kept"><form><input name="${name}"><template><u>{{a}}</u></template></form></sqlite-query>`,
    );
    await expect.poll(() => shown(page, 'main i')).toEqual(['a']);
    await page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('.search')!;
      field.value = 'typed';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await expect.poll(() => shown(page, 'main i')).toEqual(['typed']);
    await page.evaluate(() => document.querySelector<HTMLElement>('main button')!.click());
    await expect.poll(() => rowsOf(page, 'SELECT title FROM item')).toEqual([{ title: 'w' }]);
    await write(page, "UPDATE kept SET a = 'changed'");
    await write(page, "INSERT INTO kept (a) VALUES ('more')");
    await expect.poll(() => shown(page, 'main b')).toEqual(['changed', 'more']);
    await expect.poll(() => shown(page, 'main u')).toEqual(['changed', 'more']);
    expect(await page.evaluate(() => document.querySelector<HTMLInputElement>('.row')!.value)).toBe('changed');
  });
}

test('a document whose forms are called as its methods is asked by its own', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await page.evaluate(() => {
    const names = ['createElement', 'createComment', 'importNode', 'activeElement', 'readyState', 'getElementById'];
    document.querySelector('aside')!.innerHTML =
      names.map((name) => `<form name="${name}"></form>`).join('') +
      '<form id="search"><input name="n" value="seen"></form>';
    document.querySelector('main')!.innerHTML =
      `<sqlite-query sql="SELECT :n AS v" form="search"><template><i>{{v}}</i></template></sqlite-query>
       <sqlite-query sql="SELEKT"></sqlite-query><sqlite-query sql="SELECT 1 AS one"></sqlite-query>`;
  });
  await expect.poll(() => shown(page, 'main i')).toEqual(['seen']);
  await expect.poll(() => shown(page, 'main [role=alert]')).toEqual([expect.stringContaining('syntax error')]);
  await expect.poll(() => shown(page, 'main td')).toEqual(['1']);
});
