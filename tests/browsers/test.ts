// `test` for the other engines: one browser for each worker, on its own profile, and the origins of the demos and of
// the fixtures. Called by the specs of this folder. Every test uses its own databases, because the tests share the
// storage.
import { expect, test as base } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngines } from '../../tools/setup/browsers.mjs';
import { Origin } from '../e2e/support/origin.ts';
import { startFirefox } from './firefox.ts';
import { Tab, type Scripted } from './tab.ts';
import { WebDriver } from './webdriver.ts';
import { startWebKitGtk } from './webkitgtk.ts';

export type Engine = 'firefox' | 'webkitgtk';

interface PerTest {
  /** Opens a page for script. After the test, its tab is closed. If the page complained, the test fails. */
  open: (database: string) => Promise<Tab>;
  /** The same for any page of an origin. */
  visit: (address: string) => Promise<Tab>;
}

interface PerWorker {
  engine: Engine;
  driver: WebDriver;
  demos: Origin;
  fixtures: Origin;
}

async function origin(root: string, use: (origin: Origin) => Promise<void>): Promise<void> {
  const origin = await Origin.of(root);
  await use(origin);
  await origin.close();
}

/**
 * Calls `use` with a function that starts the engine's browser. Each start uses the same profile, which is empty at
 * first.
 */
export async function withProfile(engine: Engine, use: (start: () => Promise<WebDriver>) => Promise<void>) {
  const { firefox, webkitgtk } = findEngines();
  const profile = await mkdtemp(join(tmpdir(), 'sqlite-elements-profile-'));
  await use(async () =>
    WebDriver.begin(engine === 'firefox' ? await startFirefox(firefox!, profile) : await startWebKitGtk(webkitgtk!)),
  );
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

export const test = base.extend<PerTest & { tabs: Tab[] }, PerWorker>({
  engine: ['firefox', { scope: 'worker', option: true }],
  demos: [({}, use) => origin('demo', use), { scope: 'worker' }],
  fixtures: [({}, use) => origin('tests/e2e/pages', use), { scope: 'worker' }],
  driver: [
    ({ engine }, use) =>
      withProfile(engine, async (start) => {
        const driver = await start();
        await use(driver);
        await driver.connection.close();
      }),
    { scope: 'worker', timeout: 120_000 },
  ],
  tabs: async ({}, use) => {
    const tabs: Tab[] = [];
    await use(tabs);
    const complaints = [];
    for (const tab of tabs) {
      complaints.push(...(await tab.run(() => (globalThis as Scripted).complaints ?? [])));
      await tab.close();
    }
    expect(complaints, 'errors in the console, uncaught exceptions').toEqual([]);
  },
  visit: ({ driver, tabs }, use) =>
    use(async (address) => {
      const tab = await Tab.open(driver, address);
      tabs.push(tab);
      return tab;
    }),
  open: ({ visit, fixtures }, use) =>
    use(async (database) => {
      const tab = await visit(fixtures.at('script.html'));
      await tab.openDatabase(database);
      return tab;
    }),
});

export { expect };
