// The application in demo/vite-app: it uses the library as a package, and Vite makes its own files from both. So the
// worker and the WebAssembly must be found although the library's code has moved.
import { type Page } from '@playwright/test';
import { readdirSync } from 'node:fs';
import { buildApp, prepareApp, serveApp } from '../../tools/applications.mjs';
import { leaderFirst, ready } from './support/database.ts';
import { expect, test } from './support/test.ts';

// One after the other, in one process: the tests share one folder of files.
test.describe.configure({ mode: 'default' });

let packed: string[];

test.beforeAll(() => {
  packed = prepareApp();
  buildApp();
});

/** Both ways in which Vite serves an application. `use` gets the address. */
async function served(mode: 'preview' | 'dev', use: (url: string) => Promise<void>): Promise<void> {
  const server = await serveApp(mode);
  await use(server.url).finally(() => server.close());
}

const entries = (page: Page) => page.getByRole('listitem');
const badge = (page: Page) => page.locator('#badge');

async function add(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Entry' }).fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('textbox', { name: 'Entry' })).toHaveValue('');
}

test('the package holds what its users need and nothing else', () => {
  const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  const files = [
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'README.md',
    'package.json',
    ...documents.map((path) => `docs/${path}`),
    ...['classic.js', 'd.ts', 'js', 'wasm'].map((type) => `dist/sqlite-elements.${type}`),
    'dist/sqlite-inspector.js',
    ...['custom-elements', 'vscode.html-custom-data'].map((name) => `dist/${name}.json`),
    ...['classic', 'database', 'elements', 'errors', 'inspector', 'react', 'svelte', 'values', 'vue'].map(
      (name) => `dist/types/${name}.d.ts`,
    ),
  ];
  expect(packed.sort()).toEqual(files.sort());
});

for (const mode of ['preview', 'dev'] as const) {
  const how = mode === 'preview' ? 'as built, under a strict policy' : 'from its sources';
  test(`the application ${how}: what a follower adds, both tabs show, and it is still there after a reload`, async ({
    chromium,
  }) => {
    await served(mode, async (url) => {
      const tabs = [await chromium.openTab(url), await chromium.openTab(url)];
      for (const tab of tabs) await ready(tab);
      const [leader, follower] = await leaderFirst(tabs);
      await expect(badge(leader!)).toHaveText('leads');
      await expect(badge(follower!)).toHaveText('follows');
      await add(follower!, 'Ada was here');
      await add(leader!, '<b>Grace</b> too');
      for (const tab of tabs) {
        await expect(entries(tab)).toContainText(['<b>Grace</b> too', 'Ada was here']);
        await expect(tab.locator('#count')).toHaveText('2');
        await expect(tab.locator('#pending')).toHaveText('0');
      }
      for (const tab of tabs) await tab.reload();
      for (const tab of tabs) await expect(entries(tab)).toContainText(['<b>Grace</b> too', 'Ada was here']);
    });
  });
}

for (const mode of ['preview', 'dev'] as const) {
  test(`an inspector that is added to the application is loaded then, ${mode}`, async ({ chromium }) => {
    await served(mode, async (url) => {
      const page = await chromium.openTab(url);
      await ready(page);
      await page.locator('sqlite-db').evaluate((element) => element.append(document.createElement('sqlite-inspector')));
      await expect(page.locator('sqlite-inspector [part=name]')).not.toBeEmpty();
      await expect(page.locator('sqlite-inspector').getByRole('tab')).toHaveCount(5);
    });
  });
}

test('a follower that asks for the leadership gets it, and every tab says so', async ({ chromium }) => {
  await served('preview', async (url) => {
    const [leader, follower] = await leaderFirst([await chromium.openTab(url), await chromium.openTab(url)]);
    await follower!.getByRole('button', { name: 'Lead from this tab' }).click();
    await expect(badge(follower!)).toHaveText('leads');
    await expect(badge(leader!)).toHaveText('follows');
    await add(leader!, 'after the change');
    for (const tab of [leader!, follower!]) await expect(entries(tab)).toContainText(['after the change']);
    await expect(follower!.locator('#leadership_changes')).toHaveText('1');
  });
});

test('what only the leader may do is refused in a follower, the page says why, and counts it', async ({ chromium }) => {
  await served('preview', async (url) => {
    const [leader, follower] = await leaderFirst([await chromium.openTab(url), await chromium.openTab(url)]);
    await add(leader!, 'to be deleted');
    await expect(entries(follower!)).toHaveCount(1);
    await follower!.getByRole('button', { name: 'Delete all' }).click();
    await expect(follower!.getByRole('alert')).toContainText('queueWrite');
    await expect(follower!.locator('#write_conflicts')).toHaveText('1');
    await expect(entries(follower!)).toHaveCount(1);
    await leader!.getByRole('button', { name: 'Delete all' }).click();
    for (const tab of [leader!, follower!]) await expect(entries(tab)).toHaveCount(0);
  });
});
