// A wrong statement is reported where it stands, and the rest of the page goes on.
import { expect, test } from './support/test.ts';

test('wrong SQL in an element shows its message in place, fires an event, and breaks nothing else', async ({
  chromium,
  fixtures,
}) => {
  const page = await chromium.newTab();
  await page.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    // In the capturing phase, because an `error` event does not bubble.
    const note = (event: Event) => event.target instanceof Element && heard.push(`${event.target.id} ${event.type}`);
    document.addEventListener('error', note, true);
  });
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
  await page.goto(fixtures.at('wrong-sql.html'));

  await expect(page.locator('#wrong')).toContainText('no such table: nowhere');
  await expect(page.locator('#wrong-table')).toContainText('near "SELEKT": syntax error');
  await expect.poll(heard).toEqual(expect.arrayContaining(['wrong error', 'wrong-table error']));

  await page.getByLabel('To nowhere').fill('lost');
  await page.getByRole('button', { name: 'Add to nowhere' }).click();
  await expect(page.locator('#wrong-write')).toContainText('no such table: nowhere');
  await expect.poll(heard).toContain('wrong-write error');

  await page.getByLabel('Name', { exact: true }).fill('found');
  await page.locator('#right-write button').click();
  await expect(page.locator('#right li')).toHaveText(['found']);
  expect(await heard()).not.toContain('right error');
});

test('a wrong query that is set right shows its rows', async ({ chromium, fixtures }) => {
  const page = await chromium.openTab(fixtures.at('wrong-sql.html'));
  const query = page.locator('#wrong');
  await expect(query).toContainText('no such table: nowhere');
  await query.evaluate((element) => element.setAttribute('sql', "SELECT 'mended' AS name"));
  await expect(query.getByRole('listitem')).toHaveText(['mended']);
  await expect(query).not.toContainText('nowhere');
});
