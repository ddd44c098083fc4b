// wa-sqlite: SQLite with a choice of storage ("VFS") in JavaScript. Adapter for the benchmark; wa_sqlite_worker.mjs says
// which storage is used how, and what an acknowledged write is worth with it.
import { openInWorker } from './worker_database.mjs';

/** @type {import('../adapter.d.ts').Open} */
export function open(name, settings) {
  return openInWorker(new URL('./worker.js', import.meta.url), name, settings);
}
