// Replaces src/client/library.js in the classic build. The worker's script is the text of the function that contains
// all of this code. The function's argument, the WebAssembly, is left out: the page posts the compiled module to the
// worker.
//
// The file's own address comes second, for policies that do not allow `blob:`. In a page of file:, browsers start no
// worker from a file. The text is also smaller to parse, because it does not contain the WebAssembly. A module worker
// is not used: a page of file: gets none, not even from a blob.

/** The function of entry.ts, under the name that it has inside itself. */
declare const sqliteElementsLibrary: () => { startWorker(): void };

interface WorkerScript {
  name: string;
  kind: WorkerType;
  file?: string;
  text?: string;
}

/**
 * Known only while the file runs. A file with another name is another script that contains this one. All of it would
 * run in the worker.
 */
const file = ownFile();

export function workerScript(number: number): WorkerScript | undefined {
  const text = `(${sqliteElementsLibrary})().startWorker();`;
  const scripts: WorkerScript[] = [{ name: 'sqlite-elements', kind: 'classic', text }];
  // By this name the library knows, in the worker, that its own file is the worker's script: see
  // elements/environment.ts.
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
