// The vocabulary of the tables in documents.spec.ts, which say what an example shows.
import { type Page } from '@playwright/test';
import { type Browser } from '../support/browser.ts';
import { expect } from '../support/test.ts';

export interface Scene {
  page: Page;
  chromium: Browser;
  /** Opens another tab with the same page, and waits until it has settled. */
  another: () => Promise<Page>;
}

/** The test of an example: it is opened, and then does what the document says below it. */
export type Shown = (scene: Scene) => Promise<void>;

export interface Entry {
  /** Called before the page is opened. */
  prepare?: (scene: Scene) => Promise<void>;
  /** What the console says, for an example of an error. */
  complains?: RegExp;
  /** The example does something for which Trusted Types require a policy of the page. The document says so. */
  withoutTrustedTypes?: true;
  shows: Shown;
}

/** By the heading above the example. */
export type Table = Record<string, Entry | Shown>;

/** For an example that only shows how something is written: it works, and that is all. */
export const opens: Shown = async () => {};

/** Resolves when every database is ready and every query shows an answer. */
export async function settled(page: Page): Promise<void> {
  const unsettled = async (tag: string, states: string[]) =>
    page
      .locator(tag)
      .evaluateAll(
        (elements, states) =>
          elements
            .map((element) => (element.ariaBusy ? 'busy' : `${element.getAttribute('state')}`))
            .filter((state) => !states.includes(state)),
        states,
      );
  await expect.poll(() => unsettled('sqlite-db', ['ready']), 'databases that are not ready').toEqual([]);
  await expect.poll(() => unsettled('sqlite-query', ['ready', 'empty']), 'queries without an answer').toEqual([]);
}

/** From now on, an `error` event of an element is a complaint in the console, which fails the test. */
export async function listenForErrors(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const tell = ({ target, detail }: Event & { detail?: Error }) => {
      if (detail && target instanceof Element) console.error(`${target.localName}: ${detail.message}`);
    };
    document.addEventListener('error', tell, true);
  });
}

export const items = (page: Page, within = 'body') => page.locator(within).getByRole('listitem');
export const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
