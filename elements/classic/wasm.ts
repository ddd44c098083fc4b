// Replaces ../wasm.ts in the classic build. The file itself contains the WebAssembly, as the function's argument, in
// gzip and base64. Plain base64 would more than double the file, and browsers cannot unpack anything that packs better
// than gzip. A `data:` URL was refused: to fetch one, a Content-Security-Policy must allow `connect-src data:`.

/** The argument of entry.ts's function. */
declare const sqliteElementsWasm: string;

export function compileWasm(): Promise<WebAssembly.Module> {
  const packed = Uint8Array.from(atob(sqliteElementsWasm), (character) => character.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compileStreaming(new Response(unpacked, { headers: { 'Content-Type': 'application/wasm' } }));
}
