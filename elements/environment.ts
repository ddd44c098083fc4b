// Where this code runs: in a page, in the page's worker, or in neither. Called by index.ts before anything is loaded.
//
// Tests of components run in an imitation of a page (jsdom, happy-dom), servers render with no page at all. To import the
// library there throws nothing and starts nothing: the tags are elements without a meaning, as they are in any page until
// the library has loaded. To use it says what it lacks. Refused: to define the elements there all the same. What they do is in
// WebAssembly and in a worker, so they would fail one by one, in tests that are about something else.
import type { SqliteElementsError } from './sqlite-elements.d.ts';

/** Whether there is a page with tags in it, or an imitation of one. */
export function isPage(): boolean {
  return typeof document !== 'undefined' && typeof customElements !== 'undefined';
}

/** Whether there is what every browser has. Of a storage nothing is asked: without one, a database is in memory. */
export function isBrowser(): boolean {
  return typeof Worker === 'function' && (isPage() || 'WorkerGlobalScope' in globalThis);
}

/** Whether the page's worker was started from this file itself, and not from a text that calls `startWorker`. */
export function isWorkerScript(): boolean {
  // The name is the one that src/client/library.js and classic/library.ts give it.
  const { name } = globalThis as { name?: unknown };
  return typeof document === 'undefined' && name === 'sqlite-elements.js' && location.protocol !== 'blob:';
}

export function unsupported(): SqliteElementsError {
  const error = new Error(
    'sqlite-elements needs a browser: it runs SQLite in a Worker, which is missing here. On a server, or in a test ' +
      'without a browser, importing it is harmless; open databases in a page only, or run the test in a browser',
  );
  return Object.assign(error, { name: 'StateError' as const, code: 'ENVIRONMENT_UNSUPPORTED' });
}
