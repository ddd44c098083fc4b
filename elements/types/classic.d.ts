// The types of the classic build, sqlite-elements.classic.js: what a script without `import` finds in the page.

import type init from '../sqlite-elements.js';
import type { Database, MultiTabDatabase } from './database.js';

declare global {
  /** The library, once `sqlite-elements.classic.js` was run; the elements come to life by themselves. */
  var sqliteElements: {
    /** Resolves when the library has started; calls of `Database` wait for it by themselves. */
    init: typeof init;
    Database: typeof Database;
    MultiTabDatabase: typeof MultiTabDatabase;
  };
}
