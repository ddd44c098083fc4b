// The WebAssembly as the module has it: a file beside it. Called by index.ts, in the page.
// A seam: the classic build has classic/wasm.ts in this place.
import type { SqliteElementsError } from './sqlite-elements.d.ts';

/** Fetched and compiled. Rejects with what to do if there is no such file. */
export async function compileWasm(): Promise<WebAssembly.Module> {
  // Spelled like this, bundlers know it as a file that belongs to the module, and put a copy of it beside their output.
  const url = new URL('./sqlite-elements.wasm', import.meta.url);
  const response = await fetch(url).catch((cause: unknown) => {
    throw notLoaded(`${url} could not be loaded`, cause);
  });
  const type = response.headers.get('Content-Type');
  // Servers that answer every address with the application's page say 200 to a file that is not there.
  if (!response.ok || type?.startsWith('text/html')) {
    const found = response.ok ? 'it is a page' : response.status;
    throw notLoaded(`${url} could not be loaded (${found})`);
  }
  // While it downloads, if the server names its type rightly; else after that.
  return type === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

function notLoaded(what: string, cause?: unknown): SqliteElementsError {
  const error = new Error(`${what}; it must stand beside sqlite-elements.js`, { cause });
  return Object.assign(error, { name: 'StateError' as const, code: 'LIBRARY_NOT_LOADED' });
}
