// The WebAssembly of the module build: a file beside the module. index.ts calls this file, in the page. The classic
// build replaces this file by classic/wasm.ts.
import type { SqliteElementsError } from './sqlite-elements.d.ts';

/** Fetches and compiles the WebAssembly. If the file is missing, the error says what to do. */
export async function compileWasm(): Promise<WebAssembly.Module> {
  // Bundlers recognise this spelling as a file that belongs to the module, and copy the file beside their output.
  const url = new URL('./sqlite-elements.wasm', import.meta.url);
  const response = await fetch(url).catch((cause: unknown) => {
    throw notLoaded(`${url} could not be loaded`, cause);
  });
  const type = response.headers.get('Content-Type');
  // Servers that answer every address with the application's page send status 200 for a missing file.
  if (!response.ok || type?.startsWith('text/html')) {
    const found = response.ok ? 'it is a page' : response.status;
    throw notLoaded(`${url} could not be loaded (${found})`);
  }
  // Compiles during the download if the server sends the right type, else after it.
  return type === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

function notLoaded(what: string, cause?: unknown): SqliteElementsError {
  const error = new Error(`${what}; it must stand beside sqlite-elements.js`, { cause });
  return Object.assign(error, { name: 'StateError' as const, code: 'LIBRARY_NOT_LOADED' });
}
