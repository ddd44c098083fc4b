// Where the library stands as a file of its own, for the page's worker to import. Called by worker.rs.
//
// Its own name, and not `import.meta.url`: a bundler puts this code into a chunk of the application, and a worker that
// imports that chunk would run the application. `new URL('./…', import.meta.url)`, spelled like this, is how bundlers are
// told of a file that belongs to a module: they put a copy of dist/sqlite-elements.js beside the chunk and write its
// address in here. Where nothing was bundled it is the very file that this runs from, so nothing more is loaded. A file
// for the worker alone was refused: every page would load what both have in common twice.

export function libraryUrl() {
  return new URL('./sqlite-elements.js', import.meta.url).href;
}
