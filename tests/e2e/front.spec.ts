// The front page: the code that it shows is the program that it runs.
import { readFileSync } from 'node:fs';
import { leaderFirst, ready } from './support/database.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

test('the front page works in two tabs', async ({ chromium }) => {
  const first = await chromium.openTab('./');
  await ready(first);
  const second = await chromium.tabOpenedBy(() =>
    first.getByRole('link', { name: 'Open this page in a second tab' }).click(),
  );
  const [leader, follower] = await leaderFirst([first, second]);
  await follower!.getByLabel('Title').fill('From the second tab');
  await follower!.getByRole('button', { name: 'Add' }).click();
  await leader!.getByLabel('Title').fill('From the first tab');
  for (const page of [leader!, follower!])
    await expect(page.locator('sqlite-query li')).toContainText(['From the second tab']);
  await leader!.getByLabel('Title').press('Enter');
  for (const page of [leader!, follower!]) {
    await expect(page.locator('sqlite-query li')).toHaveText(['From the first tab', 'From the second tab']);
  }
});

test('the snippet that the front page shows is a whole program', async ({ chromium, demos }) => {
  const front = await chromium.openTab('./');
  const snippet = (await front.locator('#snippet').textContent())!;
  const elsewhere = await Origin.ofPage(
    `<!doctype html><link rel="icon" href="data:,">${snippet.replace('/dist/', demos.at('/dist/'))}`,
  );
  try {
    const page = await chromium.openTab(elsewhere.url);
    await ready(page);
    await page.getByRole('textbox').fill('It runs');
    await page.getByRole('button', { name: 'Add' }).click();
    await expect(page.getByRole('listitem')).toHaveText(['It runs']);
  } finally {
    await elsewhere.close();
  }
});

test('the snippet that the front page shows is the first of the README', async ({ chromium }) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const first = /```html\n(.*?)```/s.exec(readme)?.[1];
  expect(first).toBeDefined();
  const front = await chromium.openTab('./');
  const shown = (await front.locator('#snippet').textContent())!;
  const inEssence = (html: string) =>
    html
      .replace(/src="[^"]*"/, '')
      .replace(/\s+/g, ' ')
      .replace(/> | </g, (s) => s.trim());
  expect(inEssence(shown).trim()).toBe(inEssence(first!).trim());
});

test('the front page leads to every demo, and every demo back', async ({ chromium }) => {
  const page = await chromium.openTab('./');
  const demos = await page.getByRole('navigation').getByRole('link').allTextContents();
  expect(demos).toEqual(['To-do', 'Chat', 'Kanban', 'Explorer', 'Tabs', 'Inspector']);
  for (const name of demos) {
    await page
      .getByRole('main')
      .getByRole('link', { name: new RegExp(`^${name} `) })
      .click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    await ready(page);
    await page.getByRole('link', { name: 'sqlite-elements' }).click();
    await expect(page).toHaveURL(/\/$/);
  }
});

test('a form that is submitted before the library has come is not lost', async ({ chromium }) => {
  const tab = await chromium.newTab();
  let arrive = () => {};
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  await tab.route('**/sqlite-elements.wasm', async (route) => {
    await arrival;
    await route.continue();
  });
  await tab.goto('./');
  const address = tab.url();
  await tab.getByLabel('Title').fill('Typed in time');
  await tab.getByRole('button', { name: 'Add' }).click();
  arrive();
  await expect(tab.locator('sqlite-query li')).toHaveText(['Typed in time']);
  expect(tab.url()).toBe(address);
  await expect(tab.getByLabel('Title')).toHaveValue('');
});
