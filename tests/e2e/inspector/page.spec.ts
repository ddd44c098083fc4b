// The inspector as part of a page: loaded if the page has it, under any policy, on any origin, wherever its database
// is.
import { readFile } from 'node:fs/promises';
import { ready, write } from '../support/database.ts';
import { add, opened as openedFixture } from '../support/elements.ts';
import { Origin } from '../support/origin.ts';
import { expect, test } from '../support/test.ts';
import { alert, choose, commits, fact, give, inspector, opened, result, run, views } from './stage.ts';

test('a page without the tag loads nothing of it, and one with it loads its module once', async ({ chromium }) => {
  const loaded: string[] = [];
  for (const address of ['todo.html', 'inspector.html']) {
    const page = await chromium.newTab();
    page.on('request', (request) => request.url().endsWith('sqlite-inspector.js') && loaded.push(address));
    await page.goto(address);
    await ready(page);
    if (address === 'inspector.html') {
      await expect(inspector(page).getByRole('tab')).toHaveText([...views]);
      await inspector(page).evaluate((element) => element.after(element.cloneNode(), document.createElement('hr')));
      await expect(inspector(page).last().getByRole('tab')).toHaveText([...views]);
    }
  }
  expect(loaded).toEqual(['inspector.html']);
});

for (const policy of ['strict', 'trusted-types']) {
  test(`under a Content-Security-Policy that is ${policy}, all of it works and nothing is violated`, async ({
    chromium,
  }) => {
    const page = await chromium.newTab();
    await page.addInitScript(() => {
      const violated: string[] = ((globalThis as unknown as { violated: string[] }).violated = []);
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        violated.push(`${violatedDirective} ${blockedURI}`);
      });
    });
    await page.goto(`inspector.html?csp=${policy}`);
    await ready(page);
    await expect(fact(page, 'Leader')).toHaveText('this tab');
    // The default look applies, because the style sheet is a constructed one.
    await expect(inspector(page).getByRole('tablist')).toHaveCSS('display', 'flex');
    await choose(page, 'Commits');
    await write(page, "INSERT INTO place (name) VALUES ('Fen')");
    await expect(commits(page).first()).toContainText('place');
    await choose(page, 'Schema');
    await inspector(page).locator('summary').filter({ hasText: 'recent' }).click();
    await expect(inspector(page).getByRole('group', { name: 'Columns of recent' })).toContainText('bird');
    await choose(page, 'Console');
    await run(page, 'SELECT name FROM place ORDER BY id');
    await expect(result(page).getByRole('cell').last()).toHaveText('Fen');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await expect(result(page)).toContainText('SCAN place');
    await choose(page, 'File');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    await give(page, await readFile((await download.path())!));
    await page.getByRole('button', { name: 'Replace everything' }).click();
    await expect(
      inspector(page)
        .getByText(/^Imported/)
        .first(),
    ).toBeVisible();
    expect(await page.evaluate(() => (globalThis as unknown as { violated: string[] }).violated)).toEqual([]);
  });
}

test('a page on another origin includes it by one script tag and one tag', async ({ chromium, demos }) => {
  const library = demos.at('/dist/sqlite-elements.js');
  const guest =
    await Origin.ofPage(`<!doctype html><html lang="en"><title>A guest</title><link rel="icon" href="data:," />
    <script type="module" src="${library}"></script>
    <sqlite-db name="guest.db"><sqlite-inspector view="schema"></sqlite-inspector></sqlite-db></html>`);
  try {
    const page = await chromium.openTab(guest.url);
    await expect(inspector(page).getByRole('tabpanel')).toContainText('There are no tables in this database yet.');
  } finally {
    await guest.close();
  }
});

test('it finds its database by id, says if there is none, and follows when the database comes, changes or goes', async ({
  chromium,
  fixtures,
}) => {
  const page = await openedFixture(chromium, fixtures);
  await add(page, '<sqlite-inspector db="later"></sqlite-inspector>', 'aside');
  await expect(alert(page)).toHaveText(
    'DATABASE_MISSING: db="later" names no database: there is no <sqlite-db id="later">; give one that id',
  );
  await add(page, '<sqlite-db id="later" name="one.db"></sqlite-db>', 'body');
  const name = inspector(page).locator('[part=name]');
  await expect(name).toHaveText('one.db');
  await expect(alert(page)).toHaveCount(0);
  await expect(inspector(page).locator('[part=role]')).toHaveText('leader');
  await expect(fact(page, 'Leader')).toHaveText('this tab');
  await page.locator('#later').evaluate((element) => element.setAttribute('name', 'two.db'));
  await expect(name).toHaveText('two.db');
  await inspector(page).evaluate((element) => element.setAttribute('db', 'db'));
  await expect(name).toHaveText('elements.db');
  await choose(page, 'Schema');
  await expect(inspector(page).getByRole('region', { name: 'Tables' })).toContainText('kept');
  await page.locator('#db').evaluate((element) => element.remove());
  await expect(alert(page)).toContainText('DATABASE_MISSING');
  await expect(inspector(page).getByRole('region', { name: 'Tables' })).toBeHidden();
});

test('it gives its database back when it leaves the page, and takes it again', async ({ chromium, fixtures }) => {
  const page = await openedFixture(chromium, fixtures);
  await add(page, '<sqlite-inspector></sqlite-inspector>');
  await expect(fact(page, 'Leader')).toHaveText('this tab');
  await inspector(page).evaluate((element) => {
    (globalThis as unknown as { kept: Element }).kept = element;
    element.remove();
  });
  const locks = () => page.evaluate(async () => (await navigator.locks.query()).held!.map(({ name }) => name));
  await page.locator('#db').evaluate((element) => element.setAttribute('name', 'another.db'));
  // Nothing holds the first database any more.
  await expect.poll(locks).toEqual(['sqlite-elements:another.db']);
  await page.locator('main').evaluate((main) => main.append((globalThis as unknown as { kept: Element }).kept));
  await expect(inspector(page).locator('[part=name]')).toHaveText('another.db');
  await expect(fact(page, 'Leader')).toHaveText('this tab');
});

test('the view that the user chooses is an attribute, and the attribute chooses the view', async ({ chromium }) => {
  const page = await opened(chromium);
  await choose(page, 'Schema');
  await expect(inspector(page)).toHaveAttribute('view', 'schema');
  await inspector(page).evaluate((element) => ((element as HTMLElementTagNameMap['sqlite-inspector']).view = 'file'));
  await expect(inspector(page).getByRole('tabpanel')).toContainText('Export');
  await inspector(page).evaluate((element) => element.removeAttribute('view'));
  await expect(fact(page, 'Leader')).toBeVisible();
});
