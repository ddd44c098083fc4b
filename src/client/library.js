// What the page's worker is started from: a script that imports the library, which stands as a file of its own.
// Called by worker.rs. The classic build has elements/classic/library.ts in this place.
//
// Its own name, and not `import.meta.url`: a bundler puts this code into a chunk of the application, and a worker that
// imports that chunk would run the application. `new URL('./…', import.meta.url)`, spelled like this, is how bundlers are
// told of a file that belongs to a module: they put a copy of dist/sqlite-elements.js beside the chunk and write its
// address in here. Where nothing was bundled it is the very file that this runs from, so nothing more is loaded. A file
// for the worker alone was refused: every page would load what both have in common twice.

// A page without an origin (a frame with `sandbox="allow-scripts"`) may run no blob as a module. To it, the worker is a
// classic script that imports the library, and keeps what is posted before the library listens. That was refused for all
// pages: a policy would have to allow the library twice, as a script and as a worker's.

export function workerSource() {
  const library = JSON.stringify(libraryUrl());
  if (workerKind() === 'module') return `import { startWorker } from ${library}; startWorker();`;
  return `const early = [];
    const keep = (event) => early.push(event);
    addEventListener('message', keep);
    const start = ({ startWorker }) => {
      removeEventListener('message', keep);
      startWorker();
      for (const { data, ports } of early) dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
    };
    import(${library}).then(start).catch((error) => setTimeout(() => { throw error; }));`;
}

export function workerKind() {
  return globalThis.origin === 'null' ? 'classic' : 'module';
}

export function workerNeeds() {
  return (
    `It loads ${libraryUrl()}, which must be there. If the page has a Content-Security-Policy, it needs: ` +
    "script-src <origin of sqlite-elements.js> 'wasm-unsafe-eval'; worker-src blob: <the same origin>; " +
    'connect-src <the same origin>; and the name sqlite-elements in trusted-types, if it has that'
  );
}

function libraryUrl() {
  return new URL('./sqlite-elements.js', import.meta.url).href;
}
