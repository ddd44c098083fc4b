// A component test in jsdom. Called by `npm test`.
// @ts-expect-error: jsdom brings no types, and @types/jsdom would be a package for this one line.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><title>Test</title>', { url: 'http://localhost/' });
// As test runners' environments do: every name of the window becomes global, except those that Node has itself.
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { get: () => window[name], configurable: true });
}
// Only now, because React looks at once whether there is a page.
const { testComponentIn } = await import('./rendered.mjs');
testComponentIn(window);
