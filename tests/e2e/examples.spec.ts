// The examples in demo/examples: the same to-do list in plain HTML, React, Vue and Svelte, each built with the package
// as npm would pack it. When a framework renders again, it must leave the rows alone, although it does not know them.
// When it makes a template, it must leave the marks in it.
import { type ConsoleMessage, type Page } from '@playwright/test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildExample, prepareExamples, renderExample } from '../../tools/applications.mjs';
import { leaderFirst, ready, rowsOf } from './support/database.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

// One after the other, in one process: the tests share one folder of files.
test.describe.configure({ mode: 'default' });

test.beforeAll(() => prepareExamples());

const entries = (page: Page) => page.getByRole('listitem');
const box = (page: Page, title: string) => page.getByRole('checkbox', { name: title, exact: true });
const emptiness = (page: Page) => page.getByRole('paragraph').filter({ hasText: 'Nothing to do.' });
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search' });

async function add(page: Page, title: string): Promise<void> {
  await page.getByRole('textbox', { name: 'What to do' }).fill(title);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('textbox', { name: 'What to do' })).toHaveValue('');
}

/** Marks the entries that are in the list now. `old` finds them later. */
const mark = (page: Page) =>
  entries(page).evaluateAll((rows) => rows.forEach((row) => row.setAttribute('data-old', '')));
const old = (page: Page) => page.locator('li[data-old]');

async function expectTicked(tabs: Page[], titles: string[]): Promise<void> {
  const ticked = (page: Page) =>
    entries(page).evaluateAll((rows) =>
      rows.filter((row) => row.querySelector('input')!.checked).map((row) => row.textContent.trim()),
    );
  for (const tab of tabs) await expect.poll(() => ticked(tab)).toEqual(titles);
}

const stored = (page: Page) => rowsOf(page, 'SELECT title, done FROM todo ORDER BY id');

/** Two tabs that show the empty example, the leader first. */
async function opened(chromium: { openTab(address: string): Promise<Page> }, origin: Origin): Promise<Page[]> {
  const tabs = [await chromium.openTab(origin.url), await chromium.openTab(origin.url)];
  for (const tab of tabs) await ready(tab);
  for (const tab of tabs) await expect(emptiness(tab)).toBeVisible();
  return leaderFirst(tabs);
}

for (const name of ['html', 'react', 'vue', 'svelte'] as const) {
  test.describe(name, () => {
    let origin: Origin;
    test.beforeAll(async () => {
      origin = await Origin.of(buildExample(name));
    });
    test.afterAll(() => origin.close());

    test('what a follower adds, both tabs show, and rendering anew keeps the rows', async ({ chromium }) => {
      const [leader, follower] = await opened(chromium, origin);
      await add(follower!, 'apple');
      await add(leader!, '<b>pear</b>');
      for (const tab of [leader!, follower!]) {
        await expect(entries(tab)).toHaveText(['apple', '<b>pear</b>']);
        await expect(emptiness(tab)).toHaveCount(0);
        if (name !== 'html') await expect(tab.getByRole('heading')).toHaveText('2 entries');
      }
      await mark(follower!);
      await search(follower!).fill('ea');
      await expect(entries(follower!)).toHaveText(['<b>pear</b>']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
      if (name !== 'html') await expect(follower!.getByRole('heading')).toHaveText('1 entries');
      await add(leader!, 'peach');
      await expect(entries(follower!)).toHaveText(['<b>pear</b>', 'peach']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
      await search(follower!).fill('');
      await expect(entries(follower!)).toHaveText(['apple', '<b>pear</b>', 'peach']);
      await expect(entries(leader!)).toHaveText(['apple', '<b>pear</b>', 'peach']);
      await expect(old(follower!)).toHaveText(['<b>pear</b>']);
    });

    test('a box that is ticked in one tab is ticked in the other, it alone, and so it is stored', async ({
      chromium,
    }) => {
      const tabs = await opened(chromium, origin);
      const [leader, follower] = tabs;
      for (const title of ['apple', 'pear', 'peach']) await add(leader!, title);
      for (const tab of tabs) await expect(entries(tab)).toHaveText(['apple', 'pear', 'peach']);
      await expectTicked(tabs, []);
      await box(follower!, 'pear').check();
      await expectTicked(tabs, ['pear']);
      await box(leader!, 'peach').check();
      await expectTicked(tabs, ['pear', 'peach']);
      await box(leader!, 'pear').uncheck();
      await expectTicked(tabs, ['peach']);
      for (const tab of tabs)
        expect(await stored(tab)).toEqual([
          { title: 'apple', done: 0 },
          { title: 'pear', done: 0 },
          { title: 'peach', done: 1 },
        ]);
      await follower!.reload();
      await expectTicked([follower!], ['peach']);
    });
  });
}

/** The console messages of a tab, except for the advice to install developer tools. */
function listen(tab: Page): string[] {
  const said: string[] = [];
  tab.on('console', (message: ConsoleMessage) => {
    if (!message.text().includes('React DevTools')) said.push(`${message.type()}: ${message.text()}`);
  });
  return said;
}

for (const [name, mode] of [
  ['react', 'production'],
  ['react', 'development'],
  ['svelte', 'development'],
] as const) {
  test(`${name}, ${mode}: what a server has rendered is taken over without a word in the console`, async ({
    chromium,
  }) => {
    const folder = buildExample(name, mode);
    const rendered = await renderExample(name, mode);
    for (const part of ['<sqlite-db name="todo.db">', ' entries</h1>', '<button>Add</button>'])
      expect(rendered).toContain(part);
    const page = join(folder, 'index.html');
    const sent = readFileSync(page, 'utf8').replace('<div id="app"></div>', () => `<div id="app">${rendered}</div>`);
    writeFileSync(page, sent);
    const origin = await Origin.of(folder);
    try {
      const tab = await chromium.newTab();
      const said = listen(tab);
      // The elements that the parser has made are still there in the end.
      await tab.addInitScript(() => {
        const parsed = () => Object.assign(document.querySelector('form')!, { isParsed: true });
        document.addEventListener('readystatechange', parsed, { once: true });
      });
      await tab.goto(origin.url);
      await ready(tab);
      await expect(emptiness(tab)).toBeVisible();
      expect(await tab.locator('form').evaluate((form) => Reflect.has(form, 'isParsed'))).toBe(true);
      await add(tab, 'apple');
      await add(tab, 'pear');
      await box(tab, 'pear').check();
      await expectTicked([tab], ['pear']);
      await expect(tab.getByRole('heading')).toHaveText('2 entries');
      await search(tab).fill('app');
      await expect(entries(tab)).toHaveText(['apple']);
      expect(said).toEqual([]);
    } finally {
      await origin.close();
    }
  });
}

for (const name of ['react', 'vue', 'svelte'] as const) {
  test(`${name}: by data-sqlite-… every attribute is filled, and the framework has nothing to say of it`, async ({
    chromium,
  }) => {
    const origin = await Origin.of(buildExample(`${name}-kinds`, 'development'));
    try {
      const tab = await chromium.newTab();
      const said = listen(tab);
      const asked: string[] = [];
      tab.on('request', (request) => asked.push(request.url()));
      await tab.goto(origin.url);
      for (const query of await tab.locator('sqlite-query').all())
        await expect(query).toHaveAttribute('state', 'ready');
      const filled = await tab.evaluate(() => {
        const all = <E extends Element>(selector: string) =>
          [...document.querySelectorAll<E>(`sqlite-query ${selector}`)].filter((each) => !each.closest('template'));
        const one = <E extends Element = HTMLInputElement>(selector: string) => {
          const found = all<E>(selector);
          if (found.length !== 1) throw new Error(`${found.length} of ${selector}`);
          return found[0]!;
        };
        return {
          row: [one<HTMLElement>('li').style.order, one<HTMLElement>('li').hidden],
          box: [one('[type=checkbox]').checked, one('[type=checkbox]').disabled],
          values: [one('[name=field]'), one<HTMLSelectElement>('select'), one<HTMLTextAreaElement>('textarea')].map(
            ({ value }) => value,
          ),
          meter: one<HTMLMeterElement>('meter').value,
          picture: one<HTMLImageElement>('img').src.slice(0, 14),
          open: one<HTMLDetailsElement>('details').open,
          cells: all('td').map((cell) => `${cell.textContent}, ${cell.querySelector('input')!.checked}`),
        };
      });
      expect(filled).toEqual({
        row: ['3', false],
        box: [false, true],
        values: ['pear', 'pear', 'pear'],
        meter: 3,
        picture: 'data:image/gif',
        open: true,
        cells: name === 'react' ? ['pear, true'] : [],
      });
      if (name === 'react') {
        await expect(tab.locator('p > b')).toHaveText(['pear']);
        await tab.getByRole('button', { name: 'Long' }).click();
        await expect(tab.locator('p > b')).toHaveText(['A pear, of 3']);
      }
      expect(asked.filter((url) => decodeURI(url).includes('{{'))).toEqual([]);
      expect(said).toEqual([]);
    } finally {
      await origin.close();
    }
  });
}

test('the examples that the document shows are these', () => {
  const document = readFileSync('docs/use-it-from.md', 'utf8');
  for (const file of ['react/Todo.tsx', 'vue/Todo.vue', 'svelte/Todo.svelte'])
    expect(document, file).toContain(
      `\`\`\`${file.split('.')[1]}\n${readFileSync(`demo/examples/${file}`, 'utf8')}\`\`\`\n`,
    );
});
