// In place of src/client/library.js in the classic build: the worker's script is the text of the function that all of
// this runs in. Its argument, the WebAssembly, is left out: the page posts the worker what it has compiled.
// The file's own address comes second, for policies that allow no `blob:`: to a page of file:, browsers give no worker
// from a file, and a text is not parsed with the WebAssembly in it. And no module worker: to a page of file:, there is
// none, not even of a blob.

/** entry.ts's function, by its name in itself. */
declare const sqliteElementsLibrary: () => { startWorker(): void };

interface WorkerScript {
  name: string;
  kind: WorkerType;
  file?: string;
  text?: string;
}

/** Known only while the file runs. What has another name is another script that holds this one, and would run in the worker. */
const file = ownFile();

export function workerScript(number: number): WorkerScript | undefined {
  const text = `(${sqliteElementsLibrary})().startWorker();`;
  const scripts: WorkerScript[] = [{ name: 'sqlite-elements', kind: 'classic', text }];
  // The name tells the library, in the worker, that its file is the worker's script: see elements/environment.ts.
  if (file) scripts.push({ name: 'sqlite-elements.js', kind: 'classic', file });
  return scripts[number];
}

export function workerNeeds(): string {
  return (
    'If the page has a Content-Security-Policy, it needs: script-src <origin of sqlite-elements.classic.js> ' +
    "'wasm-unsafe-eval'; worker-src blob:; and the name sqlite-elements in trusted-types, if it has that"
  );
}

function ownFile(): string | undefined {
  const script = typeof document === 'undefined' ? null : document.currentScript;
  const address = (script as HTMLScriptElement | null)?.src;
  if (!address) return undefined;
  const { protocol, host, pathname, href } = new URL(address);
  const isOfThisOrigin = `${protocol}//${host}` === globalThis.origin;
  return isOfThisOrigin && /\/sqlite-elements\.classic[^/]*$/.test(pathname) ? href : undefined;
}
