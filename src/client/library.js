// The script that starts the page's worker: the library's own file, or a text that imports that file. Called by
// worker.rs, which tries one after the other, and by elements/index.ts. In the classic build, elements/classic/library.ts replaces this file.
//
// The address is that of a fixed file name, and not `import.meta.url`. A bundler puts this code into a chunk of the
// application, and a worker that imports that chunk would run the application. Bundlers recognise
// `new URL('./…', import.meta.url)` in exactly this spelling as a file that belongs to a module. They put a copy of
// dist/sqlite-elements.js beside the chunk and write its address here. Without a bundler, it is the file that contains
// this code, so nothing more is loaded. A separate file for the worker was refused: every page would load the code that
// both share twice.
//
// If the file is of the page's origin, it comes first. Policies allow that more often than `blob:`, and those of
// browser extensions always do. What is allowed is not reported as a violation. The text is for a library from another
// origin, because browsers start no worker from there. It is also for whatever forbids the file: a policy that allows
// only `worker-src blob:`, or a page that demands headers of its workers (Cross-Origin-Embedder-Policy) which the
// file's server does not send.

// A page without an origin (a frame with `sandbox="allow-scripts"`) cannot run a blob as a module. In that page, the
// worker is a classic script that imports the library, and that keeps messages which arrive before the library listens.
// To do this in all pages was refused: a policy would have to allow the library twice, as a script and as a worker's
// script.

/** @typedef {import('../web/thread.js').WorkerScript} WorkerScript */

/** @param {number} number @returns {WorkerScript | undefined} */
export function workerScript(number) {
  const file = libraryUrl();
  // By this name the library knows, in the worker, that its own file is the worker's script: see
  // elements/environment.ts.
  /** @type {WorkerScript} */
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

/** @param {string} file @returns {WorkerScript} */
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
  // `URL.origin` was refused: it is "null" for the protocols of some browsers' extensions.
  return `${protocol}//${host}` === globalThis.origin;
}

function libraryUrl() {
  return new URL('./sqlite-elements.js', import.meta.url).href;
}
