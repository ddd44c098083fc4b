// The library on one origin and the page on another; and pages whose policy forbids nearly everything.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Page } from '@playwright/test';
import { ready } from './support/database.ts';
import { names, opened, use } from './support/demos.ts';
import { Extension } from './support/extension.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';
import { aboutTheDead, crash, whereFilesGiveNoWorker } from './support/worker.ts';

const page = (library: string) => `<!doctype html>
<html lang="en">
  <title>A guest</title>
  <link rel="icon" href="data:," />
  <script type="module" src="${library}"></script>
  <sqlite-db name="guest.db">
    <script type="application/sql">CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)</script>
    <sqlite-query sql="SELECT id, text FROM word ORDER BY id" key="id"><ul><template><li>{{text}}</li></template></ul></sqlite-query>
    <sqlite-write sql="INSERT INTO word (text) VALUES (:text)"><form><input name="text" /><button>Add</button></form></sqlite-write>
  </sqlite-db>
</html>`;

const policy = (library: string) => {
  const host = new URL(library).origin;
  return [
    "default-src 'none'",
    `script-src ${host} 'wasm-unsafe-eval'`,
    `connect-src ${host}`,
    `worker-src blob: ${host}`,
    'img-src data:',
    "form-action 'none'",
  ].join('; ');
};

for (const strict of ['without a policy', 'with a strict policy'] as const) {
  test(`a page on another origin, ${strict}, includes the library by one script tag and works`, async ({
    chromium,
    demos,
  }) => {
    const library = demos.at('/dist/sqlite-elements.js');
    const headers: Record<string, string> = {};
    if (strict === 'with a strict policy') headers['Content-Security-Policy'] = policy(library);
    const guest = await Origin.ofPage(page(library), headers);
    try {
      expect(new URL(guest.url).origin).not.toBe(new URL(library).origin);
      const tabs = [await chromium.openTab(guest.url), await chromium.openTab(guest.url)];
      await ready(tabs[1]!);
      await tabs[1]!.getByRole('textbox').fill('hello');
      await tabs[1]!.getByRole('button').click();
      for (const tab of tabs) await expect(tab.getByRole('listitem')).toHaveText(['hello']);
    } finally {
      await guest.close();
    }
  });
}

const files = ['sqlite-elements.js', 'sqlite-elements.wasm'].map((file) => `dist/${file}`);
const own = page('sqlite-elements.js');

/** What one tab writes, the other shows. */
async function shared(tabs: Page[]): Promise<void> {
  for (const tab of tabs) await ready(tab);
  await tabs[1]!.getByRole('textbox').fill('hello');
  await tabs[1]!.getByRole('button').click();
  for (const tab of tabs) await expect(tab.getByRole('listitem')).toHaveText(['hello']);
}

/** Like those of browser extensions: no `blob:`, neither for scripts nor for workers. */
const extensionPolicy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; object-src 'self'";

for (const directives of [extensionPolicy, "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'"]) {
  // A violation is an error in the console, and any error there fails the test.
  test(`under ${directives}, the library of the page's origin works, and violates nothing`, async ({ chromium }) => {
    const origin = await Origin.ofPage(own, { 'Content-Security-Policy': directives }, files);
    try {
      const tabs = [await chromium.openTab(origin.url), await chromium.openTab(origin.url)];
      await shared(tabs);
      const blob = () => tabs[0]!.evaluate(() => new Worker(URL.createObjectURL(new Blob(['']))));
      chromium.expectComplaint(/Content Security Policy/);
      const [complaint] = await Promise.all([tabs[0]!.waitForEvent('console'), blob()]);
      expect(complaint.text(), 'the policy is one that forbids it').toMatch(/worker from 'blob:.*violates/);
    } finally {
      await origin.close();
    }
  });
}

test('in a page of a browser extension, the library in its folder works', async () => {
  const extension = await Extension.of(own, files);
  try {
    await shared([await extension.openTab(), await extension.openTab()]);
    expect(extension.complaints).toEqual([]);
  } finally {
    await extension.close();
  }
});

test('without its WebAssembly the library says what is missing, and where it must stand', async ({ chromium }) => {
  chromium.expectComplaint(/404|could not be loaded/);
  const origin = await Origin.ofPage(own, {}, ['dist/sqlite-elements.js']);
  try {
    const tab = await chromium.openTab(origin.url);
    const said = await tab.evaluate(async () => {
      const library = (await import('/sqlite-elements.js' as string)) as typeof import('sqlite-elements');
      return library.Database.newDatabase('app.db').then(String, ({ name, code, message }) => [name, code, message]);
    });
    const where = `${origin.url}sqlite-elements.wasm could not be loaded (404); it must stand beside sqlite-elements.js`;
    expect(said).toEqual(['StateError', 'LIBRARY_NOT_LOADED', where]);
  } finally {
    await origin.close();
  }
});

test('a worker that started from a file and died is followed by another one', async ({ chromium }) => {
  chromium.expectComplaint(aboutTheDead);
  const origin = await Origin.ofPage(own, { 'Content-Security-Policy': extensionPolicy }, files);
  try {
    const tabs = [await chromium.openTab(origin.url), await chromium.openTab(origin.url)];
    for (const tab of tabs) await ready(tab);
    await crash(tabs[1]!);
    await shared(tabs);
  } finally {
    await origin.close();
  }
});

test('where the file may be no worker, for it lacks a header that the page demands, a text is', async ({
  chromium,
}) => {
  chromium.expectComplaint(/ERR_BLOCKED_BY_RESPONSE/);
  const demand = { 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const origin = await Origin.ofPage(own, ({ pathname }) => (pathname === '/' ? demand : undefined), files);
  try {
    const refused: string[] = [];
    const tabs = [await chromium.newTab(), await chromium.newTab()];
    tabs[0]!.on('requestfailed', (request) => refused.push(new URL(request.url()).pathname));
    for (const tab of tabs) await tab.goto(origin.url);
    await shared(tabs);
    expect(refused).toEqual(['/sqlite-elements.js']);
  } finally {
    await origin.close();
  }
});

test('under worker-src blob: alone, the classic file of the page’s origin works, and violates nothing', async ({
  chromium,
}) => {
  const headers = { 'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:" };
  const html = own.replace('type="module" src="sqlite-elements.js"', 'src="sqlite-elements.classic.js"');
  const origin = await Origin.ofPage(html, headers, ['dist/sqlite-elements.classic.js']);
  try {
    await shared([await chromium.openTab(origin.url), await chromium.openTab(origin.url)]);
  } finally {
    await origin.close();
  }
});

test('where a policy forbids blob:, the classic file of the page’s origin works', async ({ chromium }) => {
  chromium.expectComplaint(/worker from 'blob:.*violates/);
  const headers = { 'Content-Security-Policy': extensionPolicy };
  const html = own.replace('type="module" src="sqlite-elements.js"', 'src="sqlite-elements.classic.js"');
  const origin = await Origin.ofPage(html, headers, ['dist/sqlite-elements.classic.js']);
  try {
    await shared([await chromium.openTab(origin.url), await chromium.openTab(origin.url)]);
  } finally {
    await origin.close();
  }
});

test('where a browser says of a refused worker that the policy was violated, and no more, the next script is tried at once', async ({
  chromium,
}) => {
  const origin = await Origin.ofPage(own, {}, files);
  try {
    const { openTab } = whereFilesGiveNoWorker(chromium, true);
    const tab = await openTab(origin.url);
    // Before the watchdog would have given the worker up.
    await expect(tab.locator('sqlite-db')).toHaveAttribute('state', 'ready', { timeout: 8_000 });
  } finally {
    await origin.close();
  }
});

test('where a browser says nothing of a refused worker, the next script is tried when no sign of life has come', async ({
  chromium,
}) => {
  const origin = await Origin.ofPage(own, {}, files);
  try {
    const { openTab } = whereFilesGiveNoWorker(chromium, false);
    const tabs = [await openTab(origin.url), await openTab(origin.url)];
    for (const tab of tabs)
      await expect(tab.locator('sqlite-db')).toHaveAttribute('state', 'ready', { timeout: 30_000 });
    await shared(tabs);
  } finally {
    await origin.close();
  }
});

for (const [what, file, type] of [
  ['the module', 'sqlite-elements.js', 'type="module"'],
  ['the classic file', 'sqlite-elements.classic.js', ''],
] as const) {
  test(`${what} is run if it is what its integrity says, and else not`, async ({ chromium, demos }) => {
    chromium.expectComplaint(/integrity|ERR_BLOCKED/i);
    const library = demos.at(`/dist/${file}`);
    const hash = createHash('sha384')
      .update(readFileSync(`dist/${file}`))
      .digest('base64');
    for (const integrity of [hash, hash.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))]) {
      const tag = `<script ${type} src="${library}" integrity="sha384-${integrity}" crossorigin></script>`;
      const guest = await Origin.ofPage(page(library).replace(/<script type="module".*?<\/script>/, tag));
      try {
        const tab = await chromium.newTab();
        const refused =
          integrity !== hash && tab.waitForEvent('console', (message) => /integrity/.test(message.text()));
        await tab.goto(guest.url);
        await (refused || ready(tab));
        await expect(tab.locator('sqlite-db:not(:defined)')).toHaveCount(refused ? 1 : 0);
      } finally {
        await guest.close();
      }
    }
  });
}

for (const name of names) {
  for (const policy of ['strict', 'trusted-types']) {
    // A violation is an error in the console, and any error there fails the test.
    test(`the ${name} page is used under a Content-Security-Policy that is ${policy}, and violates nothing`, async ({
      chromium,
      demos,
    }) => {
      const search = `?csp=${policy}`;
      const { headers } = await fetch(demos.at(`${name}.html${search}`));
      const directives = headers.get('content-security-policy')!.split('; ');
      expect(directives).toContain("default-src 'none'");
      expect(directives.includes("require-trusted-types-for 'script'")).toBe(policy === 'trusted-types');
      expect(directives.join(), 'nothing inline, no eval').not.toMatch(/'unsafe-|\*/);
      const page = await opened(chromium, name, search);
      await use(page, name);
    });
  }
}

test('what the policy forbids is heard of', async ({ chromium }) => {
  chromium.expectComplaint(/Content Security Policy|TrustedHTML/);
  const page = await chromium.openTab('index.html?csp=trusted-types');
  await ready(page);
  for (const act of [
    () => document.body.setAttribute('style', 'color: red'),
    () => (document.body.innerHTML = '<p>Gone</p>'),
  ]) {
    const [message] = await Promise.all([page.waitForEvent('console'), page.evaluate(act).catch(() => {})]);
    expect(message.type()).toBe('error');
  }
});
