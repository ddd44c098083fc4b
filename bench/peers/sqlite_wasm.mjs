// @sqlite.org/sqlite-wasm: SQLite's own WebAssembly. An adapter for the benchmark. sqlite_wasm_worker.mjs has the
// engine.
import { openInWorker } from './worker_database.mjs';

/** @type {import('../adapter.d.ts').Open} */
export function open(name, settings) {
  return openInWorker(new URL('./worker.js', import.meta.url), name, settings);
}
