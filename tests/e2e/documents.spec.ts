// The examples of docs/elements, docs/tutorial.md and docs/recipes.md, each as a page in a real browser, under a policy
// that forbids everything except the library. They settle without an error, and do what the document says below them.
// The tables in documents/ check that, by heading. An example without an entry fails, and so does an entry without an
// example: so the documents and the tests cannot drift apart.
import { add, opened } from './support/elements.ts';
import { expect, test as base } from './support/test.ts';
import { provokeAll } from './documents/codes.ts';
import { db } from './documents/db.ts';
import { Pages, examplesOf } from './documents/examples.ts';
import { query } from './documents/query.ts';
import { recipes } from './documents/recipes.ts';
import { type Entry, type Scene, type Table, listenForErrors, settled } from './documents/show.ts';
import { status } from './documents/status.ts';
import { tutorial } from './documents/tutorial.ts';
import { write } from './documents/write.ts';

const tables: Record<string, Table> = {
  'elements/sqlite-db.md': db,
  'elements/sqlite-query.md': query,
  'elements/sqlite-write.md': write,
  'elements/sqlite-status.md': status,
  'recipes.md': recipes,
};

const test = base.extend<{}, { pages: Pages }>({
  pages: [
    async ({}, use) => {
      const pages = await Pages.start();
      await use(pages);
      await pages.close();
    },
    { scope: 'worker' },
  ],
});

for (const [document, table] of Object.entries(tables)) {
  const examples = examplesOf(document);
  test(`${document}: every example has an entry, and every entry its example`, () => {
    expect(Object.keys(table).sort()).toEqual(examples.map(({ at }) => at).sort());
  });
  for (const [number, example] of examples.entries()) {
    const named = table[example.at];
    if (!named) continue;
    const entry: Entry = typeof named === 'function' ? { shows: named } : named;
    test(`${document}: ${example.at}`, async ({ chromium, pages }) => {
      const address = pages.put(`${document.replace(/\W+/g, '-')}-${number}`, example, entry.withoutTrustedTypes);
      const tab = async () => {
        const page = await chromium.newTab();
        await listenForErrors(page);
        return page;
      };
      const another = async () => {
        const page = await tab();
        await page.goto(address);
        await settled(page);
        return page;
      };
      const scene: Scene = { page: await tab(), chromium, another };
      await entry.prepare?.(scene);
      if (entry.complains) chromium.expectComplaint(entry.complains);
      await scene.page.goto(address);
      if (!entry.complains) await settled(scene.page);
      await entry.shows(scene);
      if (!entry.complains && !scene.page.isClosed())
        await expect(scene.page.locator('[part=error]:visible')).toHaveCount(0);
    });
  }
}

test('the codes of errors that the documents name are those that elements have', async ({ chromium, fixtures }) => {
  chromium.expectComplaint(/404/);
  await provokeAll(await opened(chromium, fixtures));
});

test('migrations that have not run yet run all or none', async ({ chromium, fixtures }) => {
  const page = await opened(chromium, fixtures);
  const states = page.locator('sqlite-db[name="half.db"]');
  for (const [scripts, state] of [
    [['CREATE TABLE one (a)', 'CREATE TABEL two (a)'], 'error'],
    // If the first migration had been kept, this would be a migration that has run with another text.
    [['CREATE TABLE one (b)', 'CREATE TABLE two (a)'], 'ready'],
  ] as const) {
    const html = scripts.map((sql) => `<script type="application/sql">${sql}</script>`).join('');
    await add(page, `<sqlite-db name="half.db">${html}</sqlite-db>`);
    await expect(states.last()).toHaveAttribute('state', state);
  }
});

test('tutorial.md: each step does what it says, on the data of the step before', async ({ chromium, pages }) => {
  await tutorial({ chromium, put: (html) => pages.put('tutorial', { html, files: {} }) });
});
