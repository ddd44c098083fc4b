// Frames that may not store anything: the database is in memory, says so, and works.
import { type Frame, type Page } from '@playwright/test';
import { type Browser } from './support/browser.ts';
import { Origin } from './support/origin.ts';
import { expect, test } from './support/test.ts';

const builds = {
  module: '<script type="module" src="/dist/sqlite-elements.js"></script>',
  classic: '<script src="/dist/sqlite-elements.classic.js"></script>',
};

const app = (library: string) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${library}
<sqlite-db name="framed.db">
  <script type="application/sql">CREATE TABLE n (x)</script>
  <sqlite-query sql="SELECT count(*) AS n FROM n"><template><p>{{n}}</p></template></sqlite-query>
  <sqlite-write sql="INSERT INTO n VALUES (1)"><button>Add</button></sqlite-write>
</sqlite-db>`;

/** A page with one frame. Resolves with both. */
async function framed(chromium: Browser, around: Origin, attributes: string): Promise<[Page, Frame]> {
  const page = await chromium.openTab(around.at('script.html'));
  await page.evaluate((attributes) => {
    document.body.innerHTML = `<iframe ${attributes}></iframe>`;
  }, attributes);
  await expect.poll(() => page.frames().length).toBe(2);
  return [page, page.frames()[1]!];
}

async function expectMemory(frame: Frame): Promise<void> {
  const database = frame.locator('sqlite-db');
  await expect(database).toHaveAttribute('state', 'ready', { timeout: 30_000 });
  await expect(database).toHaveAttribute('storage', 'memory');
  await frame.getByRole('button').click();
  await expect(frame.locator('p')).toHaveText('1');
}

for (const [build, library] of Object.entries(builds)) {
  test(`in a sandbox without an origin the database is in memory, with the ${build} build`, async ({
    chromium,
    fixtures,
  }) => {
    chromium.expectComplaint(/kept in the memory/);
    const inner = await Origin.ofPage(app(library));
    const [, frame] = await framed(chromium, fixtures, `sandbox="allow-scripts allow-forms" src="${inner.url}"`);
    await expectMemory(frame);
    await inner.close();
  });

  // In Playwright's profiles, frames of other sites may not store anything. People may choose the same.
  test(`in a frame of another site that may store nothing it is in memory, with the ${build} build`, async ({
    chromium,
    fixtures,
  }) => {
    chromium.expectComplaint(/kept in the memory/);
    const inner = await Origin.ofPage(app(library));
    const src = inner.url.replace('localhost', '127.0.0.1');
    const [, frame] = await framed(chromium, fixtures, `src="${src}"`);
    await expectMemory(frame);
    await inner.close();
  });
}

test('a frame of the same origin shares the database with the page around it', async ({ chromium }) => {
  const origin = await Origin.ofPage(app(builds.module));
  const page = await chromium.openTab(origin.url);
  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.src = '/';
    document.body.append(frame);
  });
  const frame = page.frameLocator('iframe');
  await expect(frame.locator('sqlite-db')).toHaveAttribute('state', 'ready');
  await frame.getByRole('button').click();
  await expect(page.locator('p')).toHaveText('1');
  await origin.close();
});
