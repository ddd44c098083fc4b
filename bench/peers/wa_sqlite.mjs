// wa-sqlite: SQLite with a choice of storages ("VFS") in JavaScript. An adapter for the benchmark. wa_sqlite_worker.mjs
// says how each storage is used, and what an acknowledged write survives with it.
import { openInWorker } from './worker_database.mjs';

/** @type {import('../adapter.d.ts').Open} */
export function open(name, settings) {
  return openInWorker(new URL('./worker.js', import.meta.url), name, settings);
}
