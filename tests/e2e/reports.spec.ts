// An error in an element is reported once in each place: in the element, by an event, and in the console with what the
// author needs.
import { type Page } from '@playwright/test';
import { ready, write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

/** Each error: the markup, what the console must say about it, and what causes it. */
const mistakes: [string, RegExp[], ((page: Page) => Promise<void>)?][] = [
  ['<sqlite-query id="m" sql="SELECT nowhere FROM item"></sqlite-query>', [/no such column: nowhere/]],
  ['<sqlite-query id="m" sql="SELEKT 1"></sqlite-query>', [/syntax error/, /SQL: SELEKT 1/]],
  ['<sqlite-query id="m" sql=""></sqlite-query>', [/needs its SQL/]],
  ['<sqlite-query id="m" sql="DELETE FROM item"></sqlite-query>', [/only reads/]],
  ['<sqlite-query id="m" sql="SELECT :user_id" data-other="1"></sqlite-query>', [/user_id/, /Parameters: :other/]],
  ['<sqlite-query id="m" sql="SELECT 1" form="nowhere"></sqlite-query>', [/no <form id="nowhere">/]],
  ['<sqlite-query id="m" sql="SELECT 1" db="nowhere"></sqlite-query>', [/nowhere/]],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item"><template><p>{{titel}}</p></template></sqlite-query>',
    [/titel/, /SQL: SELECT title FROM item/],
  ],
  [
    '<sqlite-write id="m" sql="INSERT INTO picky (done) VALUES (:done)"><form><input name="done" value="secret"><button>Go</button></form></sqlite-write>',
    [/CHECK constraint failed/, /SQL: INSERT INTO picky/, /Parameters: :done/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  [
    '<sqlite-write id="m" sql=""><button>Go</button></sqlite-write>',
    [/needs its SQL/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  [
    '<sqlite-query id="m" sql="SELECT * FROM nowhere"></sqlite-query>',
    [/no such table: nowhere/, /SQL: SELECT \* FROM nowhere/],
  ],
  ['<sqlite-query id="m" sql=\'SELECT "titel" FROM item\'></sqlite-query>', [/titel/, /SQL: SELECT "titel"/]],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item WHERE id = ?"></sqlite-query>',
    [/\?|parameter/i, /SQL: SELECT title/],
  ],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item" key="nowhere"></sqlite-query>',
    [/key="nowhere"/, /SQL: SELECT title/],
  ],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item"><template><p>{{title | shout}}</p></template></sqlite-query>',
    [/shout/, /SQL: SELECT title/],
  ],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item"><template><p onclick="{{title}}">x</p></template></sqlite-query>',
    [/onclick/, /SQL: SELECT title/],
  ],
  [
    '<sqlite-query id="m" sql="SELECT title FROM item"><template><style>{{title}}</style></template></sqlite-query>',
    [/<style>/, /SQL: SELECT title/],
  ],
  [
    '<sqlite-write id="m" sql="INSERT INTO nowhere VALUES (1)"><button>Go</button></sqlite-write>',
    [/no such table: nowhere/, /SQL: INSERT INTO nowhere/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  [
    '<sqlite-write id="m" sql="INSERT INTO item (title) VALUES (:titel)"><form><input name="title" value="secret"><button>Go</button></form></sqlite-write>',
    [/:titel/, /SQL: INSERT INTO item/, /Parameters: :title/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  [
    '<sqlite-write id="m" sql="INSERT INTO item (id) VALUES (1)"><button>Go</button></sqlite-write>',
    [/UNIQUE constraint failed: item.id/, /SQL: INSERT INTO item/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  [
    '<sqlite-write id="m" db="nowhere" sql="DELETE FROM item"><button>Go</button></sqlite-write>',
    [/no <sqlite-db id="nowhere">/, /SQL: DELETE FROM item/],
    (page) => page.getByRole('button', { name: 'Go' }).click(),
  ],
  ['<sqlite-db id="m" name="x.db" durability="sometimes"></sqlite-db>', [/durability/]],
  ['<sqlite-db id="m"></sqlite-db>', [/needs a name/]],
  [
    '<sqlite-db id="m" name="wrong.db"><script type="application/sql">CREATE TABLE</script></sqlite-db>',
    [/migration 1/],
  ],
];

for (const [markup, said, setOff] of mistakes) {
  test(`${markup} is said once in its place and once in the console`, async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await items(page, ['one']);
    await page.evaluate(() => {
      const heard: unknown[] = [];
      Object.assign(globalThis, { heard });
      document.addEventListener('error', ({ target }) => heard.push((target as Element).id), true);
    });
    await add(page, markup);
    await setOff?.(page);
    await expect(page.locator('#m > [role=alert]')).toHaveText(said[0]!);
    // When a commit has been shown, any later report of the error would have come.
    await page.locator('#db').evaluate(async (db: HTMLElementTagNameMap['sqlite-db']) => {
      await db.database!.queueWrite("INSERT INTO item (title) VALUES ('later')");
    });
    await expect.poll(() => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)).toEqual(['m']);
    expect(chromium.reports).toHaveLength(1);
    for (const pattern of said) expect(chromium.reports[0]).toMatch(pattern);
    expect(chromium.reports[0]).not.toContain('secret');
  });
}

/** Each database that cannot be opened: its markup, the code, and what is done before. */
const unopened: [string, string, string, (page: Page) => Promise<unknown>][] = [
  [
    'of a newer version',
    '<sqlite-db id="m" name="m.db">',
    'VERSION_MISMATCH',
    (page) =>
      page.evaluate(
        () =>
          new Promise<void>((done) => {
            const opening = indexedDB.open('sqlite-elements:m.db', 99);
            opening.onsuccess = () => done(opening.result.close());
          }),
      ),
  ],
  [
    'that is damaged',
    '<sqlite-db id="m" name="m.db">',
    'STORAGE_CORRUPT',
    (page) =>
      page.evaluate(
        () =>
          new Promise<void>((done) => {
            const opening = indexedDB.open('sqlite-elements:m.db', 1);
            opening.onupgradeneeded = () => {
              for (const table of ['meta', 'blocks', 'commits']) opening.result.createObjectStore(table);
              opening.transaction!.objectStore('meta').put(new Uint8Array(40), 'head');
            };
            opening.onsuccess = () => done(opening.result.close());
          }),
      ),
  ],
  ['without a name', '<sqlite-db id="m" name="">', 'NAME_MISSING', async () => {}],
];

for (const [which, tag, code, prepare] of unopened) {
  test(`a database ${which} says once that it cannot be opened, whoever stands in it`, async ({
    chromium,
    fixtures,
  }) => {
    const page = await opened(chromium, fixtures);
    await prepare(page);
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      const hear = (event: Event) => {
        const { target, detail } = event as CustomEvent<{ code: string }>;
        heard.push(`${(target as Element).id} ${detail.code}`);
      };
      document.addEventListener('error', hear, true);
    });
    await add(
      page,
      `${tag}<script type="application/sql">CREATE TABLE t (a)</script><sqlite-query id="q" sql="SELECT 1"></sqlite-query>
       <sqlite-query id="r" sql="SELECT 2"><template><p></p></template></sqlite-query><sqlite-status></sqlite-status></sqlite-db>`,
      'aside',
    );
    await expect(page.locator('#m')).toHaveAttribute('state', 'error');
    for (const id of ['#q', '#r']) await expect(page.locator(id)).toHaveAttribute('state', 'error');
    // Another look is no news, and neither is a change in another database.
    await page.locator('#m').evaluate((element) => element.append(document.createElement('i')));
    await page.locator('#db').evaluate(async (db: HTMLElementTagNameMap['sqlite-db']) => {
      await db.database!.queueWrite("INSERT INTO item (title) VALUES ('later')");
    });
    const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    await expect.poll(heard).toEqual([`m ${code}`]);
    expect(chromium.reports).toHaveLength(1);
    await expect(page.locator('#m').getByRole('alert')).toHaveCount(1);
  });
}

test('a worker that cannot be started is told once by each database, though all wait for it', async ({
  chromium,
  fixtures,
}) => {
  const page = await chromium.newTab();
  await page.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    const hear = (event: Event) => {
      if (event instanceof CustomEvent) heard.push(`${(event.target as Element).id} ${event.detail.code}`);
    };
    document.addEventListener('error', hear, true);
    globalThis.Worker = class {
      constructor() {
        throw new Error('there are no workers here');
      }
    } as unknown as typeof Worker;
  });
  await page.goto(fixtures.at('elements.html'));
  await add(page, '<sqlite-db id="m" name="m.db"><sqlite-query sql="SELECT 1"></sqlite-query></sqlite-db>', 'aside');
  for (const id of ['#db', '#m']) await expect(page.locator(id)).toHaveAttribute('state', 'error');
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
  await expect.poll(heard).toEqual(['db WORKER_UNAVAILABLE', 'm WORKER_UNAVAILABLE']);
  expect(chromium.reports).toHaveLength(2);
});

test('the message of a database stands before what is in it', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, '<sqlite-db id="m"><h1>Notes</h1></sqlite-db>');
  await expect(page.locator('#m > :first-child')).toHaveAttribute('role', 'alert');
});

const refused =
  '<sqlite-write id="m" sql="INSERT INTO picky (done) VALUES (:done)"><form><input name="done" value="1"><button>Go</button><button type="reset">Undo</button></form></sqlite-write>';

test('the message of a write goes when its form is reset', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, refused);
  await page.getByRole('button', { name: 'Go' }).click();
  await expect(page.locator('#m > [role=alert]')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('#m > [role=alert]')).toHaveCount(0);
  expect(await page.locator('#m').evaluate((write: HTMLElementTagNameMap['sqlite-write']) => write.error)).toBeNull();
});

for (const [what, markup] of Object.entries({
  'around it': `<dialog>${refused}</dialog>`,
  'in it': refused.replace('<form>', '<dialog><form>').replace('</form>', '</form></dialog>'),
})) {
  test(`the message of a write goes when the dialog ${what} is cancelled`, async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    await add(page, markup);
    const show = () => page.locator('dialog').evaluate((dialog: HTMLDialogElement) => dialog.showModal());
    await show();
    await page.getByRole('button', { name: 'Go' }).click();
    await expect(page.locator('#m > [role=alert]')).toHaveCount(1);
    await page.keyboard.press('Escape');
    await expect(page.locator('#m > [role=alert]')).toHaveCount(0);
  });
}

for (const field of [
  '<input aria-label="Title" name="title" value="{{title}}">',
  '<textarea aria-label="Title" name="title">{{title}}</textarea>',
  '<b contenteditable role="textbox" aria-label="Title" data-name="title">{{title}}</b>',
]) {
  test(`the caret in ${field} stays where it is when another tab changes the text`, async ({ chromium, fixtures }) => {
    const page = await opened(chromium, fixtures);
    const other = await opened(chromium, fixtures);
    await items(page, ['apples']);
    await add(
      page,
      `<sqlite-query sql="SELECT id, title FROM item" key="id"><template><p><sqlite-write sql="UPDATE item SET title = :title WHERE id = :id" data-id="{{id}}">${field}</sqlite-write></p></template></sqlite-query>`,
    );
    const box = page.getByRole('textbox', { name: 'Title' });
    await box.focus();
    await page.keyboard.press('Home');
    for (let n = 0; n < 3; n += 1) await page.keyboard.press('ArrowRight');
    await write(other, "UPDATE item SET title = 'applesauce'");
    const text = () => box.evaluate((it) => ('value' in it ? String(it.value) : it.textContent));
    await expect.poll(text).toBe('applesauce');
    await page.keyboard.type('|');
    expect(await text()).toBe('app|lesauce');
  });
}

test('a tab that leads shows no latency from before', async ({ chromium, fixtures }) => {
  const leader = await opened(chromium, fixtures);
  const follower = await opened(chromium, fixtures);
  await add(follower, '<sqlite-status></sqlite-status>');
  await write(leader, "INSERT INTO item (title) VALUES ('heard')");
  const latency = follower.locator('sqlite-status [part=latency]');
  await expect(latency).toHaveText(/ms/);
  await leader.close();
  await expect(follower.locator('sqlite-status [part=role]')).toHaveText('leader');
  await expect(latency).toBeHidden();
  await ready(follower);
});
