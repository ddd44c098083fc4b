// A page to try elements on: `pages/elements.html` with an open database, and what an author or a test does to it.
// Called by the specs of the elements.
import { type Page } from '@playwright/test';
import { type Browser } from './browser.ts';
import { ready, write } from './database.ts';
import { type Origin } from './origin.ts';

export const list = `<ul><template><li data-id="{{id}}"><input value="{{title}}"> {{title}}</li></template></ul>`;

/** A tab with an open database, and nothing in its `<main>` yet. */
export async function opened(chromium: Browser, fixtures: Origin): Promise<Page> {
  const page = await chromium.openTab(fixtures.at('elements.html'));
  await ready(page);
  return page;
}

/** Adds what an author writes into `<main>`, or elsewhere. */
export async function add(page: Page, html: string, where = 'main'): Promise<void> {
  await page.locator(where).evaluate((element, html) => {
    const template = document.createElement('template');
    template.innerHTML = html;
    element.append(document.importNode(template.content, true));
  }, html);
}

/** Records the changes in a part of the page from now on: the kinds of mutations, in order. */
export async function observe(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const records = await page.locator(selector).evaluateHandle((element) => {
    const kinds: string[] = [];
    const observer = new MutationObserver((records) => {
      // `state` and `aria-busy` are about the element itself and not part of what it shows.
      kinds.push(...records.filter(({ target }) => target !== element).map(({ type }) => type));
    });
    observer.observe(element, { subtree: true, childList: true, characterData: true, attributes: true });
    return kinds;
  });
  return () => records.evaluate((kinds) => kinds.splice(0));
}

export const items = async (page: Page, titles: string[]) => {
  for (const [at, title] of titles.entries())
    await write(page, 'INSERT INTO item (id, title, rank) VALUES (?, ?, ?)', [at + 1, title, at + 1]);
};
