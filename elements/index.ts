// The library as JavaScript sees it: loading, and the guide's wrapper (multi-tab.ts). Everything else is Rust (src/,
// elements/src/).
//
// The build bundles this file and wasm-bindgen's output into dist/sqlite-elements.js, the one module that pages
// include. The script of the page's worker is the same module, or imports it (src/client/worker.rs). The worker only
// calls `startWorker`.
import bind, { Database, define_elements, initSync, serveDatabases } from '#bindgen';
import { isBrowser, isPage, isWorkerScript, unsupported } from './environment.ts';
import { defineInspector } from './inspector/element.ts';
import { workerScript } from '../src/client/library.js';
import { endEarly, giveEarly, startEarly } from '../src/web/thread.js';
import { compileWasm } from './wasm.ts';

export { Database };
export { MultiTabDatabase } from './multi-tab.ts';

let started: Promise<void> | undefined;
let isLoaded = false;

/** Loads and starts the library, once. Resolves when `Database` and the elements can be used. */
export default function init(): Promise<void> {
  started ??= start().catch((error: unknown) => {
    // The next call tries again: the network may be back.
    started = undefined;
    throw error;
  });
  return started;
}

async function start(): Promise<void> {
  if (!isBrowser()) throw unsupported();
  const module = await compileWasm().catch((error: unknown) => {
    endEarly();
    throw error;
  });
  giveEarly(module);
  await bind({ module_or_path: module });
  isLoaded = true;
  // A worker has no elements. If another copy of the library was faster, its elements stay.
  if (typeof customElements !== 'undefined' && !customElements.get('sqlite-db')) define_elements();
}

/**
 * Starts the page's worker while the WebAssembly is on its way, for a caller that is about to open a database: a worker
 * takes as long to start as the WebAssembly to compile. Once the library is loaded, Rust starts the worker when it needs
 * one.
 */
function expectDatabase(): void {
  const script = workerScript(0);
  if (script && isBrowser() && !isLoaded) startEarly(script);
}

/**
 * Runs in the page's worker, and tells the page that the worker is there. The first message is the module that the page
 * has compiled. Rust handles all later messages.
 */
export function startWorker(): void {
  const receive = ({ data }: MessageEvent<WebAssembly.Module>) => {
    initSync({ module: data });
    serveDatabases();
  };
  addEventListener('message', receive, { once: true });
  postMessage('here');
}

// Static methods that reach a database need no `init()` before them.
const { newDatabase, recover, delete: remove } = Database;
Database.newDatabase = async (name, options) => {
  expectDatabase();
  await init();
  return newDatabase(name, options);
};
Database.recover = async (name) => {
  await init();
  return recover(name);
};
Database.delete = async (name) => {
  await init();
  await remove(name);
  forget(`sqlite-elements-inspector:${name}`);
};

/** Deletes what was typed into an inspector together with its database. inspector/history.ts uses this key. */
function forget(key: string): void {
  for (const storage of ['localStorage', 'sessionStorage'] as const) {
    try {
      globalThis[storage]?.removeItem(key);
    } catch {
      // Where storage is forbidden, nothing was stored.
    }
  }
}

/**
 * Holds forms in elements that are not defined yet: the browser would send them to the server, and the typed values
 * would be lost. In an imitation of a page the elements are never defined, but there is no server either.
 */
function holdForms(): void {
  const held = new Map<HTMLFormElement, HTMLElement | null>();
  const hold = (event: SubmitEvent) => {
    const form = event.target as HTMLFormElement;
    if (!form.closest('sqlite-write:not(:defined)')) return;
    event.preventDefault();
    held.set(form, event.submitter);
  };
  document.addEventListener('submit', hold, { capture: true });
  void customElements.whenDefined('sqlite-write').then(() => {
    document.removeEventListener('submit', hold, { capture: true });
    // After the microtask in which the elements first look at the document.
    setTimeout(() => held.forEach((submitter, form) => form.requestSubmit(submitter)));
  });
}

// In a page, one script tag is enough: the elements define themselves. A second copy of the library, from another
// address or of another version, leaves that to the first copy.
if (isPage() && !customElements.get('sqlite-db')) {
  holdForms();
  if (document.querySelector('sqlite-db')) expectDatabase();
  if (isBrowser()) init().catch(reportError);
}
if (isBrowser()) defineInspector(Database);
if (isWorkerScript()) startWorker();
