// In place of src/client/library.js in the classic build: the worker's script is the text of the function that all of
// this runs in. Its argument, the WebAssembly, is left out: the page posts the worker what it has compiled.
// The file's own address was refused: a worker may import it from another origin only with CORS. And so was a module
// worker: to a page of file:, browsers give none, not even of a blob.

/** entry.ts's function, by its name in itself. */
declare const sqliteElementsLibrary: () => { startWorker(): void };

export function workerSource(): string {
  return `(${sqliteElementsLibrary})().startWorker();`;
}

export function workerKind(): WorkerType {
  return 'classic';
}

export function workerNeeds(): string {
  return (
    'If the page has a Content-Security-Policy, it needs: script-src <origin of sqlite-elements.classic.js> ' +
    "'wasm-unsafe-eval'; worker-src blob:; and the name sqlite-elements in trusted-types, if it has that"
  );
}
