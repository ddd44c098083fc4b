// What the elements say about themselves: custom states, properties, events and the status.
import { type Page } from '@playwright/test';
import { write } from './support/database.ts';
import { add, items, opened } from './support/elements.ts';
import { expect, test } from './support/test.ts';

/** The states that an element matches with `:state()`. */
const states = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => {
    const names = ['loading', 'ready', 'empty', 'error', 'leader', 'memory', 'pending', 'many'];
    return names.filter((name) => element.matches(`:state(${name})`));
  });

test('style sheets see by :state() whether a database is ready and this tab leads', async ({ chromium, fixtures }) => {
  const leader = await opened(chromium, fixtures);
  const follower = await opened(chromium, fixtures);
  await expect.poll(() => states(leader, '#db')).toEqual(['ready', 'leader']);
  await expect.poll(() => states(follower, '#db')).toEqual(['ready']);
  await leader.close();
  await expect.poll(() => states(follower, '#db')).toEqual(['ready', 'leader']);
  await add(follower, '<sqlite-db id="nameless"></sqlite-db>');
  await expect.poll(() => states(follower, '#nameless')).toContain('error');
});

test('style sheets see by :state() what a query shows', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(page, `<sqlite-query id="list" sql="SELECT * FROM item"></sqlite-query>`);
  await expect.poll(() => states(page, '#list')).toEqual(['empty']);
  await items(page, ['apples']);
  await expect.poll(() => states(page, '#list')).toEqual(['ready']);
  await page.locator('#list').evaluate((query) => query.setAttribute('sql', 'wrong'));
  await expect.poll(() => states(page, '#list')).toEqual(['error']);
});

test('a write is :state(pending) while it is under way, and :state(error) after it failed', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-write id="write" sql="INSERT INTO item (id) VALUES (:id)" data-id="1"><button>Add</button></sqlite-write>`,
  );
  const during = await page.locator('#write').evaluate((element) => {
    element.querySelector('button')!.click();
    return { state: element.matches(':state(pending)'), isOff: element.querySelector('button')!.disabled };
  });
  expect(during).toEqual({ state: true, isOff: true });
  await expect.poll(() => states(page, '#write')).toEqual([]);
  await page.getByRole('button').click();
  await expect.poll(() => states(page, '#write')).toEqual(['error']);
  await expect(page.getByRole('alert')).toContainText('UNIQUE');
});

test('the database tells how many writes are pending, once for a loop of them', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const told = await page.evaluate(async () => {
    const element = document.querySelector('sqlite-db')!;
    const told: { pending: number; property: number; state: boolean }[] = [];
    const settled = new Promise<void>((resolve) => {
      element.addEventListener('pending', ({ detail: { pending } }) => {
        told.push({ pending, property: element.pending, state: element.matches(':state(pending)') });
        if (pending === 0) resolve();
      });
    });
    const writes = Array.from({ length: 50 }, () => element.database!.queueWrite('INSERT INTO item DEFAULT VALUES'));
    await Promise.all([...writes, settled]);
    return told;
  });
  expect(told.length).toBeLessThan(50);
  expect(told.at(-1)).toEqual({ pending: 0, property: 0, state: false });
  expect(Math.max(...told.map(({ pending }) => pending))).toBeGreaterThan(1);
  for (const { pending, property, state } of told)
    expect({ property, state }).toEqual({ property: pending, state: pending > 0 });
});

test('the status says what a stored write survives', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  await add(
    page,
    `<sqlite-status id="relaxed"></sqlite-status>
     <sqlite-db name="strict.db" durability="strict"><sqlite-status id="strict"></sqlite-status></sqlite-db>`,
  );
  await expect(page.locator('#relaxed [part=durability]')).toHaveText('survives crashes');
  await expect(page.locator('#strict [part=durability]')).toHaveText('survives power cuts');
});

test('a list is :state(many) from 1,000 rows on, so that a style can have those out of sight skipped', async ({
  chromium,
  fixtures,
}) => {
  const page = await opened(chromium, fixtures);
  await page.addStyleTag({
    content: `sqlite-query:state(many) li {
      display: block;
      content-visibility: auto;
      contain-intrinsic-block-size: auto 1lh;
    }`,
  });
  await write(
    page,
    `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 999)
     INSERT INTO item (id, title) SELECT x, 'item ' || x FROM n`,
  );
  await add(
    page,
    `<sqlite-query id="list" sql="SELECT id, title FROM item"><ul><template><li><b>{{title}}</b></li></template></ul></sqlite-query>`,
  );
  await expect(page.getByRole('listitem')).toHaveCount(999);
  const isSkipped = () =>
    page
      .locator('#list b')
      .nth(998)
      .evaluate((text) => !text.checkVisibility({ contentVisibilityAuto: true }));
  expect(await states(page, '#list')).toEqual(['ready']);
  expect(await isSkipped()).toBe(false);
  await write(page, "INSERT INTO item (id, title) VALUES (1000, 'the last')");
  await expect(page.getByRole('listitem')).toHaveCount(1000);
  expect(await states(page, '#list')).toEqual(['ready', 'many']);
  await expect.poll(isSkipped).toBe(true);
  await page.getByText('the last').scrollIntoViewIfNeeded();
  await expect(page.getByText('the last')).toBeInViewport();
});
