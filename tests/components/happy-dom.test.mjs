// A component test in happy-dom. Called by `npm test`.
import { Window } from 'happy-dom';
import { after } from 'node:test';

const window = new Window({ url: 'http://localhost/' });
after(() => window.happyDOM.close());
// As test runners' environments do: every name of the window becomes global, except those that Node has itself.
for (let from = window; from && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
  for (const name of Object.getOwnPropertyNames(from)) {
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { get: () => /** @type {any} */ (window)[name], configurable: true });
  }
}
// Only now, because React looks at once whether there is a page.
const { testComponentIn } = await import('./rendered.mjs');
testComponentIn(/** @type {any} */ (window));
