// Elements that the HTML parser has moved out of a table: they do not work there, and the console says how to write
// them.
import { expectNoComplaints } from './support/test.ts';
import { ready } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

const row = '<template><tr><td>{{title}}</td></tr></template>';
const misplaced: [string, string, RegExp][] = [
  [
    'a query in a table',
    `<table><sqlite-query sql="SELECT title FROM item">${row}</sqlite-query></table>`,
    /<sqlite-query sql="SELECT title FROM item"> stood in a table.*Put the whole table into it/,
  ],
  [
    'a query in the body of a table',
    `<table><tbody><sqlite-query sql="SELECT title FROM item">${row}</sqlite-query></tbody></table>`,
    /Put the whole table into it/,
  ],
  [
    'a query around the body of a table',
    `<table><sqlite-query sql="SELECT title FROM item"><tbody>${row}</tbody></sqlite-query></table>`,
    /Put the whole table into it/,
  ],
  [
    'a write around a cell',
    `<table><tr><sqlite-write sql="DELETE FROM item"><td><button>Clear</button></td></sqlite-write></tr></table>`,
    /<sqlite-write sql="DELETE FROM item"> stood around a cell.*Put it into the cell/,
  ],
  [
    'a write around a cell of each row',
    `<sqlite-query sql="SELECT id, title FROM item"><table><tbody><template>
       <tr><sqlite-write data-id="{{id}}" sql="DELETE FROM item WHERE id = :id"><td><button>{{title}}</button></td></sqlite-write></tr>
     </template></tbody></table></sqlite-query>`,
    /Put it into the cell/,
  ],
];

for (const [what, markup, said] of misplaced) {
  test(`${what} is warned of once, with what works`, async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    const warnings: string[] = [];
    page.on('console', (message) => void (message.type() === 'warning' && warnings.push(message.text())));
    await items(page, ['one', 'two', 'three']);
    await add(page, markup);
    await expect.poll(() => warnings).toEqual([expect.stringMatching(said)]);
    expectNoComplaints(chromium);
  });
}

test('what is advised works, and nothing is warned of', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const warnings: string[] = [];
  page.on('console', (message) => void (message.type() === 'warning' && warnings.push(message.text())));
  await items(page, ['one', 'two']);
  await add(
    page,
    `<sqlite-query sql="SELECT id, title, rank FROM item ORDER BY id"><table><tbody><template><tr>
       <td><sqlite-write data-id="{{id}}" sql="UPDATE item SET title = :title, rank = :rank WHERE id = :id"><form id="edit-{{id}}"></form></sqlite-write>
         <input form="edit-{{id}}" name="title" aria-label="Title {{id}}" value="{{title}}"></td>
       <td><input form="edit-{{id}}" name="rank" type="number" value="{{rank}}"></td>
       <td><button form="edit-{{id}}">Save {{id}}</button></td>
     </tr></template></tbody></table></sqlite-query>
     <sqlite-write id="by-script" sql="DELETE FROM item"></sqlite-write>`,
  );
  await page.getByLabel('Title 2').fill('changed');
  await page.getByRole('button', { name: 'Save 2' }).click();
  await expect(page.getByLabel('Title 2')).toHaveAttribute('value', 'changed');
  await ready(page);
  expect(warnings).toEqual([]);
});
