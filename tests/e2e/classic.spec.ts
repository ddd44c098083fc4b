// The classic build: one file, included by a plain `<script src>`. It comes from another origin without CORS headers,
// under a policy that forbids everything else; or the page is on disk.
import { type Page } from '@playwright/test';
import { classicFile as file, onDisk, pageWith as page } from './support/classic.ts';
import { ready } from './support/database.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

/** The minimal policy in docs/use-it-from.md. */
const policy = (library: string) =>
  [
    "default-src 'none'",
    `script-src ${new URL(library).origin} 'wasm-unsafe-eval'`,
    'worker-src blob:',
    'img-src data:',
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types sqlite-elements',
  ].join('; ');

async function worksIn(tabs: Page[]): Promise<void> {
  await ready(tabs[1]!);
  await tabs[1]!.getByRole('textbox').fill('hello');
  await tabs[1]!.getByRole('button').click();
  for (const tab of tabs) await expect(tab.getByRole('listitem')).toHaveText(['hello']);
}

for (const strict of ['without a policy', 'with a strict policy'] as const) {
  test(`a page on another origin, ${strict}, loads the classic file and nothing else, and works`, async ({
    chromium,
  }) => {
    const host = await Origin.ofPage('', {}, [file]);
    const library = host.at('sqlite-elements.classic.js');
    const headers: Record<string, string> = {};
    if (strict === 'with a strict policy') headers['Content-Security-Policy'] = policy(library);
    const guest = await Origin.ofPage(page(library), headers);
    try {
      const tabs = [await chromium.newTab(), await chromium.newTab()];
      const loaded: string[] = [];
      tabs[0]!.on('request', (request) => loaded.push(request.url()));
      for (const tab of tabs) await tab.goto(guest.url);
      await worksIn(tabs);
      await tabs[0]!.locator('sqlite-db').evaluate((db) => db.append(document.createElement('sqlite-inspector')));
      await expect(tabs[0]!.locator('sqlite-inspector [part=name]')).toHaveText('classic.db');
      expect(loaded.filter((url) => /^https?:/.test(url))).toEqual([guest.url, library]);
    } finally {
      await guest.close();
      await host.close();
    }
  });
}

test('a page on disk has the library by the classic file beside it, and keeps its rows', async ({ installed }) => {
  const disk = await onDisk();
  try {
    await worksIn([await installed.openTab(disk.address), await installed.openTab(disk.address)]);
    await installed.restart();
    const again = await installed.openTab(disk.address);
    await expect(again.getByRole('listitem')).toHaveText(['hello']);
  } finally {
    await disk.remove();
  }
});

test('a script without import has Database and MultiTabDatabase by the name sqliteElements', async ({ chromium }) => {
  const html = `<!doctype html><title>Script</title><link rel="icon" href="data:," />
    <script src="sqlite-elements.classic.js"></script>`;
  const origin = await Origin.ofPage(html, {}, [file]);
  try {
    const tab = await chromium.openTab(origin.url);
    const answers = await tab.evaluate(async () => {
      const { Database, MultiTabDatabase, init } = sqliteElements;
      await init();
      const database = await Database.newDatabase('script.db');
      const shared = new MultiTabDatabase(Database, 'script.db');
      const sql = 'SELECT 6 * 7 AS answer';
      return [(await database.query(sql)).rows, (await shared.query(sql)).rows];
    });
    expect(answers).toEqual([[{ answer: 42 }], [{ answer: 42 }]]);
  } finally {
    await origin.close();
  }
});

test('a page whose policy forbids workers is told what the classic file needs', async ({ chromium }) => {
  chromium.expectComplaint(/Content Security Policy/);
  const host = await Origin.ofPage('', {}, [file]);
  const library = host.at('sqlite-elements.classic.js');
  const guest = await Origin.ofPage(page(library), {
    'Content-Security-Policy': policy(library).replace('worker-src blob:', "worker-src 'none'"),
  });
  try {
    const tab = await chromium.openTab(guest.url);
    await expect(tab.getByRole('alert').first()).toContainText('worker-src blob:; and the name sqlite-elements');
  } finally {
    await guest.close();
    await host.close();
  }
});
