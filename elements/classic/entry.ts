// The classic build, dist/sqlite-elements.classic.js: the whole library as one file for `<script src>` without
// type="module". tools/classic.mjs bundles it into one function, and the file calls the function with the WebAssembly:
//   (function sqliteElementsLibrary(sqliteElementsWasm) { …; return library; })('H4sI…')
// The worker gets the text of that same function (library.ts). So nothing is loaded twice, and nothing is fetched: the
// library also works in pages that can neither import modules nor fetch files, above all those of file:.
import init, { Database, MultiTabDatabase, startWorker } from '../index.ts';
import type { Database as Declared } from '../types/database.d.ts';

// For library.ts, in the worker.
export { startWorker };

// A second include leaves the first in place. The public types are written by hand and say more than those of the
// bindings.
if (typeof document !== 'undefined')
  globalThis.sqliteElements ??= { init, Database: Database as unknown as typeof Declared, MultiTabDatabase };
