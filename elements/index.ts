// The library as JavaScript sees it: loading, and the guide's wrapper (multi-tab.ts). All else is Rust (src/,
// elements/src/).
// Bundled with wasm-bindgen's output into dist/sqlite-elements.js, the one module that pages include; the same module
// is the script of the page's worker, or imported by it (src/client/worker.rs), where only `startWorker` is called.
import bind, { Database, define_elements, initSync, serveDatabases } from '#bindgen';
import { isBrowser, isPage, isWorkerScript, unsupported } from './environment.ts';
import { defineInspector } from './inspector/element.ts';
import { compileWasm } from './wasm.ts';

export { Database };
export { MultiTabDatabase } from './multi-tab.ts';

let started: Promise<void> | undefined;

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
  await bind({ module_or_path: await compileWasm() });
  // There are none in a worker; and where another copy of the library was faster, its elements stay.
  if (typeof customElements !== 'undefined' && !customElements.get('sqlite-db')) define_elements();
}

/**
 * Called in the page's worker, which says that it is here. The first message is the module that the page has compiled,
 * the others are Rust's.
 */
export function startWorker(): void {
  const receive = ({ data }: MessageEvent<WebAssembly.Module>) => {
    initSync({ module: data });
    serveDatabases();
  };
  addEventListener('message', receive, { once: true });
  postMessage('here');
}

// What makes a database needs no `init()` before it.
const { newDatabase, recover, delete: remove } = Database;
Database.newDatabase = async (name, options) => {
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

/** What was typed into an inspector goes with its database: see inspector/history.ts, which gave it this key. */
function forget(key: string): void {
  for (const storage of ['localStorage', 'sessionStorage'] as const) {
    try {
      globalThis[storage]?.removeItem(key);
    } catch {
      // Where nothing may be kept, nothing is.
    }
  }
}

/**
 * A form in an element that has not come to life yet would be sent to the server, and what was typed would be lost. In an
 * imitation of a page it never does, and there is no server.
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
    // The elements take their first look at the document in a microtask: after that.
    setTimeout(() => held.forEach((submitter, form) => form.requestSubmit(submitter)));
  });
}

// In a page, one script tag is all: the elements come to life by themselves. A second copy of the library, from
// another address or of another version, leaves that to the first.
if (isPage() && !customElements.get('sqlite-db')) {
  holdForms();
  if (isBrowser()) init().catch(reportError);
}
if (isBrowser()) defineInspector(Database);
if (isWorkerScript()) startWorker();
