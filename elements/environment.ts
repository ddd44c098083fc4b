// Where this code runs: in a page, in the page's worker, or in neither. index.ts calls this file before it loads
// anything.
//
// Tests of components run in an imitation of a page (jsdom, happy-dom). Servers render without any page. To import the
// library there throws nothing and starts nothing: the tags have no meaning, as in any page before the library has
// loaded. To use the library there fails, and the error says what is missing. To define the elements there anyway was
// refused: they work by WebAssembly and a worker, so they would fail one by one, in tests about something else.
import type { SqliteElementsError } from './sqlite-elements.d.ts';

/** Whether there is a page with elements in it, or an imitation of one. */
export function isPage(): boolean {
  return typeof document !== 'undefined' && typeof customElements !== 'undefined';
}

/** Whether there is what every browser has. Storage is not required: without it, a database is in memory. */
export function isBrowser(): boolean {
  return typeof Worker === 'function' && (isPage() || 'WorkerGlobalScope' in globalThis);
}

/** Whether this file itself is the script of the page's worker, and not a text that calls `startWorker`. */
export function isWorkerScript(): boolean {
  // src/client/library.js and classic/library.ts give the worker this name.
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
