// In place of ../wasm.ts in the classic build: the WebAssembly is in the file itself, as the function's argument.
// gzip and base64: plain base64 would more than double the file, and what packs better than gzip, browsers do not
// unpack. A `data:` URL was refused: to fetch one, a Content-Security-Policy must allow `connect-src data:`.

/** Of entry.ts's function. */
declare const sqliteElementsWasm: string;

export function compileWasm(): Promise<WebAssembly.Module> {
  const packed = Uint8Array.from(atob(sqliteElementsWasm), (character) => character.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compileStreaming(new Response(unpacked, { headers: { 'Content-Type': 'application/wasm' } }));
}
