// The library on one origin, the page on another; and pages whose policy forbids nearly everything.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ready } from './support/database.ts';
import { names, opened, use } from './support/demos.ts';
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
    // A violation is an error in the console, and any of those fails the test.
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
