// The types of the classic build, sqlite-elements.classic.js: what a script without `import` finds in the page.

import type init from '../sqlite-elements.js';
import type { Database, MultiTabDatabase } from './database.js';

declare global {
  /** The library, once `sqlite-elements.classic.js` has run. The elements define themselves. */
  var sqliteElements: {
    /** Resolves when the library has started. Calls of `Database` wait for that by themselves. */
    init: typeof init;
    Database: typeof Database;
    MultiTabDatabase: typeof MultiTabDatabase;
  };
}
