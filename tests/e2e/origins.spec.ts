// The library on one origin, the page on another; and pages whose policy forbids nearly everything.
import { ready } from './support/database.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

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

for (const name of ['index', 'todo', 'explorer', 'tabs']) {
  for (const policy of ['strict', 'trusted-types']) {
    test(`the ${name} page works under a Content-Security-Policy that is ${policy}`, async ({ chromium }) => {
      const page = await chromium.openTab(`${name}.html?csp=${policy}`);
      await ready(page);
      await expect(page.locator('sqlite-query').first()).toHaveAttribute('state', /^(ready|empty)$/);
    });
  }
}
