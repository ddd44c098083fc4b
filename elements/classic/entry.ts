// The classic build, dist/sqlite-elements.classic.js: the whole library as one file for `<script src>` without
// type="module". Bundled by tools/classic.mjs into one function that is called with the WebAssembly:
//   (function sqliteElementsLibrary(sqliteElementsWasm) { …; return library; })('H4sI…')
// The worker is given the text of that same function (library.ts), so nothing is loaded a second time, and from
// nowhere: pages that cannot import modules or fetch files, those of file: above all, have the library too.
import init, { Database, MultiTabDatabase, startWorker } from '../index.ts';
import type { Database as Declared } from '../types/database.d.ts';

// For library.ts, in the worker.
export { startWorker };

// A second include leaves the first in its place. The public types are written by hand and say more than the bindings'.
if (typeof document !== 'undefined')
  globalThis.sqliteElements ??= { init, Database: Database as unknown as typeof Declared, MultiTabDatabase };
