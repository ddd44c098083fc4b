// What the page's worker is started from: the library's own file, or a text that imports it. Called by worker.rs, which
// tries one after the other. The classic build has elements/classic/library.ts in this place.
//
// Its own name, and not `import.meta.url`: a bundler puts this code into a chunk of the application, and a worker that
// imports that chunk would run the application. `new URL('./…', import.meta.url)`, spelled like this, is how bundlers are
// told of a file that belongs to a module: they put a copy of dist/sqlite-elements.js beside the chunk and write its
// address in here. Where nothing was bundled it is the very file that this runs from, so nothing more is loaded. A file
// for the worker alone was refused: every page would load what both have in common twice.
//
// The file comes first where it is of the page's origin: policies allow that more often than `blob:`, those of browser
// extensions always, and nothing that is allowed is reported as a violation. The text is for a library from elsewhere,
// of which no browser starts a worker, and for what forbids the file: a policy with `worker-src blob:` alone, or a page
// that demands headers of its workers (Cross-Origin-Embedder-Policy) which the file was served without.

// A page without an origin (a frame with `sandbox="allow-scripts"`) may run no blob as a module. To it, the worker is a
// classic script that imports the library, and keeps what is posted before the library listens. That was refused for all
// pages: a policy would have to allow the library twice, as a script and as a worker's.

/** @param {number} number */
export function workerScript(number) {
  const file = libraryUrl();
  // The name tells the library, in the worker, that its file is the worker's script: see elements/environment.ts.
  const own = { name: 'sqlite-elements.js', kind: 'module', file };
  return (isOfThisOrigin(file) ? [own, text(file)] : [text(file)])[number];
}

export function workerNeeds() {
  const file = libraryUrl();
  const { origin } = new URL(file);
  return (
    `It loads ${file}, which must be there. If the page has a Content-Security-Policy, it needs: script-src ${origin} ` +
    `'wasm-unsafe-eval'; connect-src ${origin}; worker-src blob: ${origin}, or that origin alone if it is the page's; ` +
    'and the name sqlite-elements in trusted-types, if it has that'
  );
}

/** @param {string} file */
function text(file) {
  const library = JSON.stringify(file);
  const name = 'sqlite-elements';
  if (globalThis.origin !== 'null')
    return { name, kind: 'module', text: `import { startWorker } from ${library}; startWorker();` };
  const text = `const early = [];
    const keep = (event) => early.push(event);
    addEventListener('message', keep);
    const start = ({ startWorker }) => {
      removeEventListener('message', keep);
      startWorker();
      for (const { data, ports } of early) dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
    };
    import(${library}).then(start).catch((error) => setTimeout(() => { throw error; }));`;
  return { name, kind: 'classic', text };
}

/** @param {string} address */
function isOfThisOrigin(address) {
  const { protocol, host } = new URL(address);
  // Not its `origin`, which is "null" for the protocols of some browsers' extensions.
  return `${protocol}//${host}` === globalThis.origin;
}

function libraryUrl() {
  return new URL('./sqlite-elements.js', import.meta.url).href;
}
